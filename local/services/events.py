"""EventBridge: targets are reached by their role or by their own policy; what fails is retried, then kept."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from typing import Any

from local.services import cloudwatch, delivery, service_access

logger = logging.getLogger("local.events")

SERVICE = "events.amazonaws.com"
_DEFAULT_ATTEMPTS = 185
_DEFAULT_AGE_SECONDS = 86_400
_LONGEST_WAIT_SECONDS = 60.0
_BY_MINISTACK = ("event-bus/", "api-destination/")


def install() -> None:
    """Replace ministack's dispatch to lambda, states, sqs, sns, ecs and logs targets."""
    from ministack.services import eventbridge

    from local import hooks

    def invoke_target(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None
    ) -> None:
        resource = target.get("Arn", "").split(":", 5)[-1]
        if resource.startswith(_BY_MINISTACK):
            old(target, event, rule, view)
            return
        payload = payload_of(target, event, rule, view)
        context = contextvars.copy_context()
        # Off the caller's thread: delivery calls back over HTTP, and the caller may be the event loop.
        threading.Thread(
            target=context.run, args=(deliver, rule, target, payload), daemon=True, name="events-delivery"
        ).start()

    old = hooks.replace(eventbridge, "_invoke_target", invoke_target, parameters="target event rule view")


def payload_of(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> str:
    """What a target gets: its constant Input, the transformed event, a part of it, or all of it."""
    import json

    from ministack.services import eventbridge

    view = view or eventbridge._pattern_event_view(event)
    whole = view.event_with_detail()
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    value: Any = whole
    for part in target.get("InputPath", "$").lstrip("$.").split("."):
        if part:
            value = value.get(part) if isinstance(value, dict) else None
    return json.dumps(whole if value is None else value)


def deliver(rule: dict[str, Any], target: dict[str, Any], payload: str) -> None:
    """Deliver to one target, with the rule's retries; the last failure goes to the target's queue."""
    policy = target.get("RetryPolicy") or {}
    most = int(policy.get("MaximumRetryAttempts", _DEFAULT_ATTEMPTS))
    give_up = time.monotonic() + int(policy.get("MaximumEventAgeInSeconds", _DEFAULT_AGE_SECONDS))
    attempt, wait = 0, 1.0
    while True:
        try:
            delivery.send(
                delivery.Delivery(service=SERVICE, source_arn=rule["Arn"], target=target, payload=payload)
            )
        except delivery.DeliveryError as error:
            if error.retryable and attempt < most and time.monotonic() + wait < give_up:
                attempt += 1
                time.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
                continue
            _give_up(rule, target, payload, error, attempt)
            return
        _count(rule, "Invocations")
        return


def _give_up(
    rule: dict[str, Any], target: dict[str, Any], payload: str, error: delivery.DeliveryError, retries: int
) -> None:
    """Keep the event in the target's dead-letter queue, whose policy must name EventBridge."""
    logger.warning("Rule %s, target %s: %s", rule["Arn"], target["Arn"], error)
    _count(rule, "FailedInvocations")
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        return
    texts = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message or error.code,
        "RETRY_ATTEMPTS": str(retries),
    }
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    as_service = delivery.Delivery(
        service=SERVICE, source_arn=rule["Arn"], target={"Arn": queue}, payload=payload
    )
    try:
        service_access.require(SERVICE, "sqs:SendMessage", queue, source_arn=rule["Arn"])
        delivery.send_to_queue(as_service.client("sqs"), queue, payload, None, attributes)
        _count(rule, "InvocationsSentToDlq")
    except Exception as failure:
        logger.warning("Rule %s: its dead-letter queue refuses: %s", rule["Arn"], failure)
        _count(rule, "InvocationsFailedToBeSentToDlq")


def _count(rule: dict[str, Any], metric: str) -> None:
    cloudwatch.record("AWS/Events", metric, 1, unit="Count", dimensions={"RuleName": rule["Name"]})
