"""The AWS/States metrics of executions."""

from __future__ import annotations

import datetime as dt
from typing import Any

_ENDS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}


def count(execution: dict[str, Any], metric: str, value: float = 1, unit: str = "Count") -> None:
    """Record one datum under the state machine's ARN."""
    from local.services.cloudwatch import record

    record(
        "AWS/States", metric, value, unit=unit, dimensions={"StateMachineArn": execution["stateMachineArn"]}
    )


def ended(execution: dict[str, Any], status: str) -> None:
    """Record the end: one for this end, zero for the others (AWS reports all four), and the time it took."""
    for end, metric in _ENDS.items():
        count(execution, metric, 1 if end == status else 0)
    start, stop = (dt.datetime.fromisoformat(execution[key]) for key in ("startDate", "stopDate"))
    count(execution, "ExecutionTime", (stop - start).total_seconds() * 1000, "Milliseconds")
