"""One action of an alarm: publish to a topic or invoke a function, if its policy lets CloudWatch; both are noted."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from local import identity
from local.services import service_access

logger = logging.getLogger("local.cloudwatch")

SERVICE = "cloudwatch.amazonaws.com"
_FUNCTION_SERVICE = "lambda.alarms.cloudwatch.amazonaws.com"
_SUBJECT_LENGTH = 100


def perform(alarm: dict[str, Any], action: str, state: str, message: dict[str, Any]) -> None:
    """Perform an action and write it to the alarm's history, failed or not.

    Args:
        alarm: ministack's record.
        action: ARN of a topic or function.
        state: The state that the alarm has entered.
        message: What to tell.
    """
    try:
        _reach(alarm, action, state, message)
    except Exception as error:
        logger.warning("Alarm %s cannot act on %s: %s", alarm["AlarmName"], action, error)
        _note(alarm, f"Failed to execute action {action}. Received error: {error}", failed=True)
        return
    _note(alarm, f"Successfully executed action {action}", failed=False)


def _reach(alarm: dict[str, Any], action: str, state: str, message: dict[str, Any]) -> None:
    kind = action.split(":")[2] if action.startswith("arn:") else ""
    if kind == "sns":
        service_access.require(SERVICE, "sns:Publish", action, source_arn=alarm["AlarmArn"])
        subject = f'{state}: "{alarm["AlarmName"]}" in {message["Region"]}'[:_SUBJECT_LENGTH]
        client = identity.client(identity.root_session(), "sns")
        client.publish(TopicArn=action, Message=json.dumps(message), Subject=subject)
    elif kind == "lambda":
        service_access.require(
            _FUNCTION_SERVICE, "lambda:InvokeFunction", action, source_arn=alarm["AlarmArn"]
        )
        client = identity.client(identity.root_session(), "lambda")
        client.invoke(FunctionName=action, InvocationType="Event", Payload=json.dumps(message).encode())
    else:
        raise ValueError(f"actions of this kind are not emulated: {action}")


def _note(alarm: dict[str, Any], summary: str, *, failed: bool) -> None:
    from ministack.services import cloudwatch

    cloudwatch._history_entries().append(
        {
            "AlarmName": alarm["AlarmName"],
            "AlarmType": "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm",
            "Timestamp": cloudwatch._ts_iso(time.time()),
            "HistoryItemType": "Action",
            "HistorySummary": summary,
            "HistoryData": json.dumps({"actionState": "Failed" if failed else "Succeeded"}),
        }
    )
