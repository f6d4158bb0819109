"""The one dispatch of every task resource: Lambda functions, aws-sdk and optimized integrations, activities."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from local.services.stepfunctions import calls, jobs, services
from local.services.stepfunctions.errors import state_error

_PATTERN = re.compile(
    r"^arn:aws[\w-]*:states:[\w-]*:\d*:(?P<sdk>aws-sdk:)?(?P<service>[\w-]+):(?P<action>\w+)"
    r"(?:\.(?P<pattern>sync(?::2)?|waitForTaskToken))?$"
)
_FUNCTION = re.compile(r"^arn:aws[\w-]*:lambda:[\w-]+:\d+:function:")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A task's Resource, taken apart."""

    sdk: bool
    service: str
    action: str
    pattern: str

    @property
    def type(self) -> str:
        """The resource type of history events, such as `aws-sdk:s3`."""
        return f"aws-sdk:{self.service}" if self.sdk else self.service


def parse(resource: str) -> Resource | None:
    """Take an integration's resource apart; None for a Lambda function or an activity.

    Example:
        >>> parse("arn:aws:states:::athena:startQueryExecution.sync").pattern
        'sync'
        >>> parse("arn:aws:states:::aws-sdk:s3:getObject").type
        'aws-sdk:s3'
    """
    found = _PATTERN.match(resource)
    if found is None or (found["service"] == "activity" and not found["sdk"]):
        return None
    return Resource(
        sdk=bool(found["sdk"]),
        service=found["service"],
        action=found["action"],
        pattern=found["pattern"] or "",
    )


def invoke(resource: str, data: Any) -> Any:
    """Run a task's resource with the execution's role.

    Args:
        resource: ARN in the state's `Resource`.
        data: Evaluated Arguments or Parameters.

    Returns:
        The result of the task.

    Raises:
        Exception: A state error named as AWS names it.
    """
    from ministack.services import stepfunctions

    if ":activity:" in resource:
        return stepfunctions._invoke_activity(resource, data)
    if _FUNCTION.match(resource):
        return _lambda(resource, data)
    parts = parse(resource)
    if parts is None:
        raise state_error("States.Runtime", f"The resource '{resource}' is not a task's resource.")
    return _sdk(parts, data) if parts.sdk else _optimized(parts, resource, data)


def _sdk(parts: Resource, data: Any) -> Any:
    service = services.boto3_service(parts.service)
    return calls.call(service, parts.action, data, calls.sdk_style(service))


def _optimized(parts: Resource, resource: str, data: Any) -> Any:
    if parts.service not in services.OPTIMIZED:
        known = ", ".join(sorted(services.OPTIMIZED))
        raise state_error(
            "States.Runtime",
            f"{resource}: the embedded AWS has no optimized integration of '{parts.service}' (it has {known}). "
            "Use arn:aws:states:::aws-sdk:<service>:<action>.",
        )
    name = f"{parts.service}:{parts.action}"
    if name == "lambda:invoke":
        return _lambda_invoke(data)
    style = calls.optimized_style(parts.service)
    call = jobs.caller(services.OPTIMIZED[parts.service].service, style)
    arguments = _event_entries(data) if name == "events:putEvents" else data
    result = call(parts.action, arguments)
    if name == "events:putEvents" and result.get("FailedEntryCount"):
        raise state_error("EventBridge.FailedEntry", json.dumps(result))
    if not parts.pattern.startswith("sync"):
        return result
    job = jobs.JOBS.get(name)
    if job is None:
        raise state_error("States.Runtime", f"{resource}: the embedded AWS cannot wait for this job.")
    ended = jobs.follow(job, call, data, result)
    return _with_parsed_output(ended) if parts.pattern == "sync:2" and name.startswith("states:") else ended


def _with_parsed_output(execution: dict[str, Any]) -> dict[str, Any]:
    parsed = {key: json.loads(execution[key]) for key in ("Input", "Output") if execution.get(key)}
    return execution | parsed


def _event_entries(data: dict[str, Any]) -> dict[str, Any]:
    """The entries with the execution among their resources, as Step Functions adds it."""
    from local.services.stepfunctions import running

    execution = running.current().execution
    added = [execution["executionArn"], execution["stateMachineArn"]]
    entries = [e | {"Resources": [*e.get("Resources", []), *added]} for e in data.get("Entries", [])]
    return data | {"Entries": entries}


def _lambda(function: str, event: Any) -> Any:
    return _lambda_invoke({"FunctionName": function, "Payload": event})["Payload"]


def _lambda_invoke(data: dict[str, Any]) -> dict[str, Any]:
    import botocore.exceptions

    api = calls.client("lambda")
    style = calls.optimized_style("lambda")
    arguments = {key: value for key, value in data.items() if key != "Payload"}
    if "Payload" in data:
        arguments["Payload"] = json.dumps(data["Payload"]).encode()
    try:
        response = api.invoke(**arguments)
    except botocore.exceptions.ClientError as error:
        raise calls.named_error(error, style, api) from error
    except botocore.exceptions.BotoCoreError as error:
        raise state_error("Lambda.SdkClientException", f"Unable to invoke the function: {error}") from error
    body = response["Payload"].read().decode()
    payload = _json_or_text(body)
    if response.get("FunctionError"):
        named = payload.get("errorType") if isinstance(payload, dict) else None
        raise state_error(named or "Lambda.Unknown", body)
    return {
        "ExecutedVersion": response.get("ExecutedVersion", "$LATEST"),
        "Payload": payload,
        "StatusCode": response["StatusCode"],
        **calls.http_metadata(response),
    }


def _json_or_text(body: str) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body
