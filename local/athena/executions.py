"""The records of query executions, kept in ministack's store so that they persist, and their rows, kept beside it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from ministack.services import athena

from local.athena import state_changes
from local.athena.errors import AthenaError
from local.services import ended_jobs

if TYPE_CHECKING:
    from local.athena.query import Query
    from local.athena.results import Outcome

ENGINE = "Athena engine version 3"
_KEPT_RESULTS = 500
_KEPT_ROWS = 2_000_000
Record = dict[str, Any]
_lock = threading.Lock()
_outcomes: OrderedDict[str, Outcome] = OrderedDict()
_running: dict[str, Query] = {}


def new_record(
    *,
    query_id: str,
    sql: str,
    kind: str,
    sub: str,
    context: Record,
    workgroup: str,
    result: Record,
    parameters: list[str],
) -> Record:
    """Stores a QUEUED execution and answers its record."""
    record: Record = {
        "QueryExecutionId": query_id,
        "Query": sql,
        "StatementType": kind,
        "SubstatementType": sub,
        "ResultConfiguration": result,
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
        "QueryExecutionContext": context,
        "Status": {"State": "QUEUED", "SubmissionDateTime": time.time()},
        "Statistics": {},
        "WorkGroup": workgroup,
        "EngineVersion": {"SelectedEngineVersion": ENGINE, "EffectiveEngineVersion": ENGINE},
        **({"ExecutionParameters": parameters} if parameters else {}),
    }
    athena._executions[query_id] = record
    return record


def started(query: Query) -> None:
    """The query runs from now on."""
    with _lock:
        _running[query.id] = query
    record = athena._executions.get(query.id)
    if record is not None:
        record["Status"]["State"] = "RUNNING"


def running(query_id: str) -> Query | None:
    """The query while it runs."""
    return _running.get(query_id)


def finished(
    query: Query, state: str, *, began: float, reason: str = "", error: Exception | None = None
) -> None:
    """The query reached its final state; `began` is a `time.time()`."""
    with _lock:
        _running.pop(query.id, None)
    record = athena._executions.get(query.id)
    if record is None:
        return
    now = time.time()
    total = max(1, round((now - record["Status"]["SubmissionDateTime"]) * 1000))
    engine = max(1, round((now - began) * 1000))
    record["Statistics"] = {
        "EngineExecutionTimeInMillis": engine,
        "DataScannedInBytes": query.scanned,
        "TotalExecutionTimeInMillis": total,
        "QueryQueueTimeInMillis": max(0, round((began - record["Status"]["SubmissionDateTime"]) * 1000)),
        "QueryPlanningTimeInMillis": round(query.planned * 1000),
        "ServiceProcessingTimeInMillis": max(0, total - engine),
        "ServicePreProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": False},
        **({"DataManifestLocation": query.manifest_location} if query.manifest_location else {}),
    }
    status = {**record["Status"], "State": state, "CompletionDateTime": now}
    if reason:
        status["StateChangeReason"] = reason
    if isinstance(error, AthenaError):
        status["AthenaError"] = error.details()
    before = record["Status"]["State"]
    record["Status"] = status
    ended_jobs.tell(query.id)
    state_changes.announce(record, before)


def keep(query_id: str, outcome: Outcome) -> None:
    """Holds the rows for GetQueryResults; old ones give way and are then read back from S3."""
    with _lock:
        _outcomes[query_id] = outcome
        rows = sum(len(held.rows) for held in _outcomes.values())
        while len(_outcomes) > _KEPT_RESULTS or (rows > _KEPT_ROWS and len(_outcomes) > 1):
            rows -= len(_outcomes.popitem(last=False)[1].rows)


def outcome(query_id: str) -> Outcome | None:
    """The held rows of a query."""
    return _outcomes.get(query_id)


def fail_interrupted() -> None:
    """After a restart: what was running then has failed."""
    for record in athena._executions._data.values():
        if record["Status"]["State"] in {"QUEUED", "RUNNING"}:
            reason = "GENERIC_INTERNAL_ERROR: The query was interrupted by a restart of the service"
            record["Status"] |= {
                "State": "FAILED",
                "StateChangeReason": reason,
                "CompletionDateTime": time.time(),
            }


def forget() -> None:
    """Drops every held result."""
    with _lock:
        _outcomes.clear()
