"""Delivery of an event to a target: by the target's role, or as the service by the target's own policy."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local import identity
from local.services import service_access

if TYPE_CHECKING:
    from collections.abc import Callable

_UNIVERSAL = re.compile(r"^arn:aws:scheduler:::aws-sdk:(?P<service>[\w-]+):(?P<action>\w+)$")
_THROTTLED = {"ThrottlingException", "TooManyRequestsException", "ThrottledException", "Throttling"}
_SERVER_ERROR = 500
_ACTIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}


class DeliveryError(RuntimeError):
    """A target did not take an event.

    Args:
        code: Error code, such as `AccessDeniedException`.
        message: Readable text.
        retryable: Whether another attempt may succeed.
    """

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.retryable = code, message, retryable


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event for one target.

    Args:
        service: Who delivers, such as `scheduler.amazonaws.com`.
        source_arn: Rule, schedule or alarm behind it.
        target: Target as the API describes it: Arn, RoleArn, and the parameters of some services.
        payload: What the target gets.
    """

    service: str
    source_arn: str
    target: dict[str, Any]
    payload: str

    def client(self, service: str) -> Any:
        """A client that acts as the target's role, or as the service itself without one.

        Raises:
            DeliveryError: The role cannot be assumed.
        """
        role = self.target.get("RoleArn")
        if not role:
            return identity.client(identity.root_session(), service)
        try:
            session = identity.session_for_role(
                role,
                service_principal=self.service,
                session_name=self.source_arn.rsplit("/", 1)[-1],
                source_arn=self.source_arn,
            )
        except identity.AccessDenied as error:
            raise DeliveryError("AccessDeniedException", str(error), retryable=False) from error
        return identity.client(session, service)


def send(delivery: Delivery) -> None:
    """Hand an event to its target.

    Raises:
        DeliveryError: The target refuses, does not exist, or is of a kind that is not emulated.
    """
    import botocore.exceptions

    arn = delivery.target["Arn"]
    try:
        if not delivery.target.get("RoleArn") and arn.split(":")[2] in _ACTIONS:
            service_access.require(
                delivery.service, _ACTIONS[arn.split(":")[2]], arn, source_arn=delivery.source_arn
            )
        _sender(arn)(delivery)
    except service_access.ServiceDenied as error:
        raise DeliveryError("AccessDeniedException", str(error), retryable=False) from error
    except botocore.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"].get("HTTPStatusCode", 400)
        retryable = status >= _SERVER_ERROR or code in _THROTTLED
        raise DeliveryError(code, error.response["Error"].get("Message", ""), retryable=retryable) from error
    except botocore.exceptions.BotoCoreError as error:
        raise DeliveryError("InternalFailure", str(error), retryable=True) from error


def _sender(arn: str) -> Callable[[Delivery], None]:
    if _UNIVERSAL.match(arn):
        return _universal
    senders = {
        "lambda": _lambda,
        "states": _states,
        "sqs": _sqs,
        "sns": _sns,
        "events": _events,
        "ecs": _ecs,
        "glue": _glue,
        "logs": _logs,
    }
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""  # noqa: PLR2004
    if service not in senders:
        raise DeliveryError("ValidationException", f"Targets like {arn} are not emulated", retryable=False)
    return senders[service]


def _lambda(delivery: Delivery) -> None:
    delivery.client("lambda").invoke(
        FunctionName=delivery.target["Arn"], InvocationType="Event", Payload=delivery.payload.encode()
    )


def _states(delivery: Delivery) -> None:
    if not delivery.target.get("RoleArn"):
        raise DeliveryError("ValidationException", "A state machine target needs a RoleArn", retryable=False)
    delivery.client("stepfunctions").start_execution(
        stateMachineArn=delivery.target["Arn"], input=delivery.payload
    )


def _sqs(delivery: Delivery) -> None:
    send_to_queue(delivery.client("sqs"), delivery.target["Arn"], delivery.payload, _group(delivery), {})


def _group(delivery: Delivery) -> str | None:
    group = (delivery.target.get("SqsParameters") or {}).get("MessageGroupId")
    return str(group) if group else None


def send_to_queue(client: Any, arn: str, body: str, group: str | None, attributes: dict[str, Any]) -> None:
    """Send a message to a queue named by its ARN."""
    *_, account, name = arn.split(":")
    url = client.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    fifo = {"MessageGroupId": group or "default"} if name.endswith(".fifo") else {}
    client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes, **fifo)


def _sns(delivery: Delivery) -> None:
    delivery.client("sns").publish(TopicArn=delivery.target["Arn"], Message=delivery.payload)


def _events(delivery: Delivery) -> None:
    given = delivery.target.get("EventBridgeParameters") or {}
    entry = {
        "EventBusName": delivery.target["Arn"],
        "Source": given.get("Source", "aws.scheduler"),
        "DetailType": given.get("DetailType", "Scheduled Event"),
        "Detail": delivery.payload,
    }
    answer = delivery.client("events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        failed = answer["Entries"][0]
        raise DeliveryError(failed["ErrorCode"], failed.get("ErrorMessage", ""), retryable=False)


def _ecs(delivery: Delivery) -> None:
    given = delivery.target.get("EcsParameters") or {}
    arguments = _camel(given)
    arguments["count"] = int(arguments.pop("taskCount", 1))
    overrides = json.loads(delivery.payload) if delivery.payload.strip().startswith("{") else {}
    if "containerOverrides" in overrides:
        arguments["overrides"] = overrides
    arguments["taskDefinition"] = arguments.pop("taskDefinitionArn")
    answer = delivery.client("ecs").run_task(cluster=delivery.target["Arn"], **arguments)
    if answer["failures"]:
        raise DeliveryError("RunTaskFailure", json.dumps(answer["failures"]), retryable=True)


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    return value


def _glue(delivery: Delivery) -> None:
    delivery.client("glue").start_workflow_run(Name=delivery.target["Arn"].rsplit("/", 1)[-1])


def _logs(delivery: Delivery) -> None:
    from local.services import logs

    group = delivery.target["Arn"].split(":log-group:", 1)[-1].removesuffix(":*")
    logs.write(group, f"events-{time.strftime('%Y-%m-%d')}", [(logs.now_ms(), delivery.payload)])


def _universal(delivery: Delivery) -> None:
    from local.services.stepfunctions import names, services

    found = _UNIVERSAL.match(delivery.target["Arn"])
    if found is None:
        return
    client = delivery.client(services.boto3_service(found["service"]))
    method = services.snake_case(found["action"])
    operation = client.meta.method_to_api_mapping.get(method)
    if operation is None:
        raise DeliveryError("ValidationException", f"{found['action']} does not exist", retryable=False)
    shape = client.meta.service_model.operation_model(operation).input_shape
    arguments = json.loads(delivery.payload or "{}")
    getattr(client, method)(**(names.to_api(arguments, shape) if shape else {}))
