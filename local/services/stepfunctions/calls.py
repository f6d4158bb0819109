"""One call of the real API on behalf of an execution: with its role, by boto3, errors named as AWS does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from local import identity
from local.services.stepfunctions import names, running, services
from local.services.stepfunctions.errors import state_error


@dataclass(frozen=True, kw_only=True)
class Style:
    """How an integration spells members, times and errors."""

    sdk: bool
    prefix: str
    fallback: str
    sdk_names: bool

    def read(self, response: dict[str, Any], shape: Any) -> Any:
        """The response in this style."""
        write_time = names.iso_time if self.sdk else names.epoch_millis
        return names.from_api(response, shape, sdk=self.sdk_names, write_time=write_time)


def client(service: str) -> Any:
    """A boto3 client of the state machine's role.

    Raises:
        Exception: `States.TaskFailed` when the role does not trust `states.amazonaws.com`.
    """
    run = running.current()
    try:
        session = identity.session_for_role(
            run.role_arn,
            service_principal="states.amazonaws.com",
            session_name=_session_name(run.execution),
            source_arn=str(run.execution["stateMachineArn"]),
        )
    except identity.AccessDenied as error:
        raise state_error("States.TaskFailed", str(error)) from error
    return identity.client(session, service)


def _session_name(execution: dict[str, Any]) -> str:
    """The execution's name; express executions are many and short, so those of a machine share a session."""
    from ministack.services import stepfunctions

    arn = str(execution["stateMachineArn"])
    machine = stepfunctions._state_machines.get(arn) or {}
    return arn.rsplit(":", 1)[-1] if machine.get("type") == "EXPRESS" else str(execution["name"])


def sdk_style(service: str) -> Style:
    """The style of `aws-sdk:<service>` integrations."""
    prefix = services.sdk_prefix(str(client(service).meta.service_model.service_id))
    return Style(sdk=True, prefix=prefix, fallback=f"{prefix}Exception", sdk_names=True)


def optimized_style(name: str) -> Style:
    """The style of the optimized integration of a service."""
    known = services.OPTIMIZED[name]
    return Style(sdk=False, prefix=known.prefix, fallback=known.fallback, sdk_names=known.sdk_names)


def call(service: str, action: str, data: Any, style: Style) -> Any:
    """Call an API operation as the execution's role.

    Args:
        service: boto3 name of the service.
        action: Operation in camelCase, as in the resource ARN.
        data: Arguments of the task.
        style: How to spell the answer and the errors.

    Returns:
        The response as Step Functions shows it.

    Raises:
        Exception: A state error: the service's own error, or `States.Runtime` for a wrong argument.
    """
    import botocore.exceptions

    api = client(service)
    method = services.snake_case(action)
    operation = api.meta.method_to_api_mapping.get(method)
    if operation is None:
        raise state_error("States.Runtime", f"The action '{action}' does not exist in service '{service}'.")
    model = api.meta.service_model.operation_model(operation)
    arguments = names.to_api(data or {}, model.input_shape, where=operation) if model.input_shape else {}
    try:
        response = getattr(api, method)(**arguments)
        return style.read(response, model.output_shape)
    except botocore.exceptions.ClientError as error:
        raise named_error(error, style, api) from error
    except botocore.exceptions.ParamValidationError as error:
        raise state_error("States.Runtime", f"Invalid arguments of {service}:{action}: {error}") from error
    except botocore.exceptions.BotoCoreError as error:
        cause = f"Unable to execute HTTP request: {error}"
        raise state_error(f"{style.prefix}.SdkClientException", cause) from error


def named_error(error: Any, style: Style, api: Any) -> Exception:
    """The state error for a service's refusal.

    Modelled errors carry their class; all others the service's general one, as the Java SDK does.
    """
    answer = error.response
    code = str(answer["Error"].get("Code", "Unknown")).split("#")[-1]
    status = answer["ResponseMetadata"].get("HTTPStatusCode")
    request = answer["ResponseMetadata"].get("RequestId", "")
    message = answer["Error"].get("Message") or code
    name = _error_name(code, style, api)
    if style.sdk:
        return state_error(
            name, f"{message} (Service: {style.prefix}, Status Code: {status}, Request ID: {request})"
        )
    return state_error(
        name,
        f"{message} (Service: {style.prefix}; Status Code: {status}; Error Code: {code}; "
        f"Request ID: {request}; Proxy: null)",
    )


def _error_name(code: str, style: Style, api: Any) -> str:
    model = api.meta.service_model
    modelled = {
        shape.metadata.get("error", {}).get("code", shape.name): shape.name for shape in model.error_shapes
    }
    modelled |= {shape.name: shape.name for shape in model.error_shapes}
    if code not in modelled:
        return f"{style.prefix}.{style.fallback}"
    shape_name = modelled[code]
    return f"{style.prefix}.{services.error_class(shape_name)}"


def http_metadata(response: dict[str, Any]) -> dict[str, Any]:
    """The metadata that optimized integrations add to an answer."""
    meta = response.get("ResponseMetadata", {})
    return {
        "SdkHttpMetadata": {"HttpStatusCode": meta.get("HTTPStatusCode", 200)},
        "SdkResponseMetadata": {"RequestId": meta.get("RequestId", "")},
    }
