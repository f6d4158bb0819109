"""The record of an execution: its events, its one end, and what the end makes known."""

from __future__ import annotations

import threading
from typing import Any

from local import persistence
from local.services import ended_jobs
from local.services.stepfunctions import execution_log, measures

_lock = threading.RLock()
_EVENTS = {
    "SUCCEEDED": "ExecutionSucceeded",
    "FAILED": "ExecutionFailed",
    "TIMED_OUT": "ExecutionTimedOut",
    "ABORTED": "ExecutionAborted",
}


def add_event(execution: dict[str, Any], kind: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Append an event to the history and to the log group of the state machine."""
    from ministack.services import stepfunctions as engine

    with _lock:
        last = len(execution["events"])
        event = {"id": last + 1, "previousEventId": last, "type": kind, "timestamp": engine.now_iso()}
        event |= details or {}
        execution["events"].append(event)
    execution_log.write(execution, event)
    persistence.touch()
    return event


def started(execution: dict[str, Any]) -> None:
    """Log and count the start."""
    if execution["events"]:
        execution_log.write(execution, execution["events"][0])
    measures.count(execution, "ExecutionsStarted")


def finish(
    execution: dict[str, Any],
    status: str,
    *,
    output: str | None = None,
    error: str | None = None,
    cause: str | None = None,
) -> None:
    """End an execution once; whoever comes second changes nothing.

    Args:
        execution: Its record.
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        output: JSON text of a success.
        error: Error name of another end.
        cause: Its cause.
    """
    from ministack.services import stepfunctions as engine

    with _lock:
        if execution["status"] != "RUNNING":
            return
        execution.update(output=output, stopDate=engine.now_iso())
        if error is not None:
            execution["error"] = error
        if cause is not None:
            execution["cause"] = cause
        # Last: whoever polls must not see the status before the rest.
        execution["status"] = status
    ended_jobs.tell(str(execution["executionArn"]))
    details = {"output": output} if status == "SUCCEEDED" else {"error": error or "", "cause": cause or ""}
    kind = _EVENTS[status]
    add_event(execution, kind, {f"{kind[0].lower()}{kind[1:]}EventDetails": details})
    measures.ended(execution, status)
    engine._emit_execution_status_event(execution)


def fail(execution: dict[str, Any], error: str, cause: str) -> None:
    """End an execution as FAILED; takes the place of ministack's function."""
    finish(execution, "FAILED", error=error, cause=cause)
