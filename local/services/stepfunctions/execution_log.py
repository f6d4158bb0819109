"""Execution logs: the history of each execution in the log group of its state machine."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

_FATAL = {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_DATA_FIELDS = {"input", "output", "parameters"}


def wanted(kind: str, level: str) -> bool:
    """Whether a level logs an event.

    Example:
        >>> wanted("TaskFailed", "ERROR"), wanted("TaskFailed", "FATAL"), wanted("TaskSucceeded", "ERROR")
        (True, False, False)
    """
    if level == "ALL":
        return True
    if level == "FATAL":
        return kind in _FATAL
    return level == "ERROR" and kind.endswith(("Failed", "TimedOut", "Aborted", "FailStateEntered"))


def write(execution: dict[str, Any], event: dict[str, Any]) -> None:
    """Write one event to every destination that the state machine logs to."""
    from ministack.services import stepfunctions as engine

    machine = engine._state_machines.get(execution["stateMachineArn"]) or {}
    logging = machine.get("loggingConfiguration") or {}
    if not wanted(event["type"], logging.get("level", "OFF")):
        return
    from local.services import logs

    moment = dt.datetime.fromisoformat(event["timestamp"])
    line = json.dumps(_line(execution, event, moment, with_data=bool(logging.get("includeExecutionData"))))
    stream = f"states/{machine['name']}/{moment:%Y-%m-%d-%H-%M}/{execution['name'][:8]}"
    for destination in logging.get("destinations", []):
        arn = (destination.get("cloudWatchLogsLogGroup") or {}).get("logGroupArn", "")
        logs.write(group_of(arn), stream, [(int(moment.timestamp() * 1000), line)])


def group_of(arn: str) -> str:
    """The log group's name in its ARN.

    Example:
        >>> group_of("arn:aws:logs:ap-southeast-2:000000000000:log-group:/aws/vendedlogs/x:*")
        '/aws/vendedlogs/x'
    """
    return arn.split(":log-group:", 1)[-1].removesuffix(":*")


def _line(
    execution: dict[str, Any], event: dict[str, Any], moment: dt.datetime, *, with_data: bool
) -> dict[str, Any]:
    details: dict[str, Any] = next(
        (dict(value) for key, value in event.items() if key.endswith("EventDetails")), {}
    )
    if not with_data:
        details = {key: value for key, value in details.items() if key not in _DATA_FIELDS}
    return {
        "id": str(event["id"]),
        "type": event["type"],
        "details": details,
        "previous_event_id": str(event.get("previousEventId", 0)),
        "event_timestamp": str(int(moment.timestamp() * 1000)),
        "execution_arn": execution["executionArn"],
        "redrive_count": "0",
    }
