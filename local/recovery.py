"""What was running when the process ended is not running any more: says so in the state that is loaded."""

from __future__ import annotations

import datetime as dt
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

WHY = "The embedded AWS was stopped while this ran"


def executions_aborted(state: Any) -> Any:
    """RUNNING executions become ABORTED, so that whoever waits for them (a run ledger) can take over."""
    for store in ("executions", "map_runs"):
        for execution in _values(state, store):
            if execution.get("status") == "RUNNING":
                execution |= {
                    "status": "ABORTED",
                    "stopDate": _now_text(),
                    "error": "EmbeddedAws.Stopped",
                    "cause": WHY,
                }
    return state


def tasks_stopped(state: Any) -> Any:
    """Tasks that had not stopped are STOPPED."""
    for task in _values(state, "tasks"):
        if task.get("lastStatus") != "STOPPED":
            task |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedReason": WHY}
            task.setdefault("stoppedAt", time.time())
            for container in task.get("containers", []):
                container["lastStatus"] = "STOPPED"
    return state


def crawlers_ready(state: Any) -> Any:
    """Crawlers are READY; a crawl that was under way counts as cancelled."""
    for crawler in _values(state, "crawlers"):
        if crawler.get("State") not in (None, "READY"):
            crawler["State"] = "READY"
            crawler["LastCrawl"] = {
                **(crawler.get("LastCrawl") or {}),
                "Status": "CANCELLED",
                "ErrorMessage": WHY,
            }
    return state


def queries_failed(state: Any) -> Any:
    """Queries that had not ended are FAILED."""
    for query in _values(state, "_executions"):
        status = query.get("Status", {})
        if status.get("State") in ("QUEUED", "RUNNING"):
            status |= {"State": "FAILED", "StateChangeReason": WHY, "CompletionDateTime": time.time()}
    return state


def deployments_failed(state: Any) -> Any:
    """Stacks in the middle of an operation end in the state from which the CDK CLI deploys again."""
    ends = {
        "CREATE_IN_PROGRESS": "ROLLBACK_FAILED",
        "REVIEW_IN_PROGRESS": "REVIEW_IN_PROGRESS",
        "DELETE_IN_PROGRESS": "DELETE_FAILED",
        "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    }
    for stack in _values(state, "stacks"):
        status = str(stack.get("StackStatus", ""))
        if status.endswith("_IN_PROGRESS"):
            stack["StackStatus"] = ends.get(status, "UPDATE_ROLLBACK_COMPLETE")
            stack["StackStatusReason"] = WHY
    return state


def _values(state: Any, store: str) -> list[dict[str, Any]]:
    """The records of one store; ministack's scoped dictionaries hide those of other accounts and regions."""
    found = state.get(store) if isinstance(state, dict) else None
    plain = getattr(found, "_data", found)
    return [value for value in (plain or {}).values() if isinstance(value, dict)]


def _now_text() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# By service; each gets the service's saved state at every start and returns what is loaded.
REPAIRS: dict[str, Callable[[Any], Any]] = {
    "stepfunctions": executions_aborted,
    "ecs": tasks_stopped,
    "glue": crawlers_ready,
    "athena": queries_failed,
    "cloudformation": deployments_failed,
}
