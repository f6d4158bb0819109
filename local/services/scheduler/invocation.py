"""One run of a schedule: its input, its attempts, and its dead-letter queue."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
import uuid
from typing import TYPE_CHECKING, Any

from local.services import cloudwatch, delivery

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.scheduler")

SERVICE = "scheduler.amazonaws.com"
_DEFAULT_ATTEMPTS = 185
_DEFAULT_AGE_SECONDS = 86_400
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 60.0


def invoke(
    schedule: dict[str, Any], planned: dt.datetime, *, sleep: Callable[[float], None] = time.sleep
) -> str | None:
    """Run a schedule once.

    Args:
        schedule: ministack's record.
        planned: The moment it was due, in UTC.
        sleep: Waits between attempts.

    Returns:
        None when the target took it, else the code of the last error.
    """
    target = schedule["Target"]
    policy = target.get("RetryPolicy") or {}
    most = int(policy.get("MaximumRetryAttempts", _DEFAULT_ATTEMPTS))
    give_up = time.monotonic() + int(policy.get("MaximumEventAgeInSeconds", _DEFAULT_AGE_SECONDS))
    execution, attempt, wait = str(uuid.uuid4()), 0, _FIRST_WAIT_SECONDS
    while True:
        payload = substituted(schedule, planned, execution=execution, attempt=attempt + 1)
        try:
            _count(schedule, "InvocationAttemptCount")
            delivery.send(_delivery(schedule, payload))
        except delivery.DeliveryError as error:
            _count(schedule, "TargetErrorCount")
            logger.warning("Schedule %s: %s", schedule["Arn"], error)
            if error.retryable and attempt < most and time.monotonic() + wait < give_up:
                attempt += 1
                sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
                continue
            _give_up(schedule, planned, payload, error, execution=execution, retries=attempt)
            return error.code
        return None


def _delivery(schedule: dict[str, Any], payload: str) -> delivery.Delivery:
    return delivery.Delivery(
        service=SERVICE, source_arn=schedule["Arn"], target=schedule["Target"], payload=payload
    )


def substituted(schedule: dict[str, Any], planned: dt.datetime, *, execution: str, attempt: int) -> str:
    """The target's Input with its context attributes, or Scheduler's own event without one.

    Example:
        >>> record = {"Arn": "a", "Target": {"Input": '{"at": "<aws.scheduler.scheduled-time>"}'}}
        >>> substituted(record, dt.datetime(2026, 1, 1, 18, tzinfo=dt.UTC), execution="e", attempt=1)
        '{"at": "2026-01-01T18:00:00Z"}'
    """
    when = planned.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = schedule["Target"].get("Input")
    if given is None:
        return _own_event(schedule, when, execution)
    attributes = {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": when,
        "execution-id": execution,
        "attempt-number": str(attempt),
    }
    for name, value in attributes.items():
        given = given.replace(f"<aws.scheduler.{name}>", value)
    return str(given)


def _own_event(schedule: dict[str, Any], when: str, execution: str) -> str:
    *_, region, account, _ = schedule["Arn"].split(":", 5)
    return json.dumps(
        {
            "version": "0",
            "id": execution,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": account,
            "time": when,
            "region": region,
            "resources": [schedule["Arn"]],
            "detail": "{}",
        }
    )


def _give_up(
    schedule: dict[str, Any],
    planned: dt.datetime,
    payload: str,
    error: delivery.DeliveryError,
    *,
    execution: str,
    retries: int,
) -> None:
    """Send the event to the dead-letter queue, by the schedule's role as AWS does; else it is dropped."""
    queue = (schedule["Target"].get("DeadLetterConfig") or {}).get("Arn")
    if not queue:
        _count(schedule, "InvocationDroppedCount")
        return
    texts = {
        "ERROR_CODE": error.code,
        "ERROR_MESSAGE": error.message or error.code,
        "EXECUTION_ID": execution,
        "EXECUTION_TIME": planned.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": str(retries),
        "SCHEDULED_TIME": planned.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "SCHEDULE_ARN": schedule["Arn"],
        "TARGET_ARN": schedule["Target"]["Arn"],
    }
    if error.retryable:
        texts["EXHAUSTED_RETRY_CONDITION"] = "MaximumRetryAttempts"
    attributes = {name: {"DataType": "String", "StringValue": text} for name, text in texts.items()}
    try:
        client = _delivery(schedule, payload).client("sqs")
        delivery.send_to_queue(client, queue, payload, None, attributes)
        _count(schedule, "InvocationsSentToDeadLetterCount")
    except Exception as failure:
        logger.warning("Schedule %s: its dead-letter queue refuses: %s", schedule["Arn"], failure)
        _count(schedule, "InvocationsFailedToBeSentToDeadLetterCount")


def _count(schedule: dict[str, Any], metric: str) -> None:
    group = {"ScheduleGroup": schedule.get("GroupName", "default")}
    cloudwatch.record("AWS/Scheduler", metric, 1, unit="Count", dimensions=group)
