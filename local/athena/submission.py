"""StartQueryExecution and StopQueryExecution: what is refused at once, and the thread on which a query runs."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import get_account_id, new_uuid
from ministack.services import athena

from local import identity
from local.athena import executions, metrics, results, workgroups
from local.athena.errors import AthenaError, InvalidRequest, QueryCancelled
from local.athena.query import CANCELLED_BY_USER, Query
from local.athena.results import Outcome, ResultTarget
from local.athena.statements.recognise import recognise

if TYPE_CHECKING:
    from local.athena.statements.statement import Statement

logger = logging.getLogger("local.athena")
Record = dict[str, Any]
_MOST_CHARACTERS = 262144
_MOST_REASON = 2000
_tokens: dict[tuple[str, str], tuple[str, str]] = {}
_tokens_lock = threading.Lock()


def start(request: Record) -> Record:
    """StartQueryExecution: accepts a query and runs it as the caller.

    Raises:
        InvalidRequest: the statement does not parse, or the workgroup does not admit it.
    """
    sql = str(request["QueryString"])
    known = _known_token(request, sql)
    if known:
        return {"QueryExecutionId": known}
    if len(sql) > _MOST_CHARACTERS:
        raise InvalidRequest(f"QueryString has {len(sql)} characters; allowed are {_MOST_CHARACTERS}")
    workgroup = request.get("WorkGroup") or "primary"
    settings = workgroups.settings_for(workgroup, request.get("ResultConfiguration") or {})
    statement = _recognised(sql)
    query_id = new_uuid()
    context = request.get("QueryExecutionContext") or {}
    session = identity.session_for_access_key(identity.caller_access_key())
    location = str(settings.result["OutputLocation"]).rstrip("/") + "/"
    query = Query(
        id=query_id,
        sql=sql,
        database=str(context.get("Database") or "default").lower(),
        workgroup=workgroup,
        session=session,
        target=ResultTarget(
            location=location, session=session, options=workgroups.put_options(settings.result)
        ),
        enforced=settings.enforced,
        cutoff=settings.cutoff,
        parameters=tuple(request.get("ExecutionParameters") or ()),
    )
    executions.new_record(
        query_id=query_id,
        sql=sql,
        kind=statement.kind,
        sub=statement.sub,
        context={"Catalog": "awsdatacatalog", **context},
        workgroup=workgroup,
        result={**settings.result, "OutputLocation": location + _file_name(query_id, statement)},
        parameters=list(query.parameters),
    )
    _remember_token(request, sql, query_id)
    spawn_background(_run, query, statement, settings.metrics, thread_name=f"athena-query-{query_id[:8]}")
    return {"QueryExecutionId": query_id}


def stop(request: Record) -> Record:
    """StopQueryExecution: the query ends as CANCELLED as soon as it can.

    Raises:
        InvalidRequest: there is no such query.
    """
    query_id = request["QueryExecutionId"]
    if query_id not in athena._executions:
        raise InvalidRequest(f"QueryExecution {query_id} was not found")
    query = executions.running(query_id)
    if query is not None:
        query.stop()
    return {}


def forget_tokens() -> None:
    """Drops every remembered ClientRequestToken."""
    with _tokens_lock:
        _tokens.clear()


def _recognised(sql: str) -> Statement:
    try:
        return recognise(sql)
    except AthenaError as error:
        if error.code != "SYNTAX_ERROR":
            raise
        raise InvalidRequest(error.message, code="MALFORMED_QUERY") from error


def _file_name(query_id: str, statement: Statement) -> str:
    if statement.sub in {"SELECT", "EXECUTE"}:
        return f"{query_id}.csv"
    return (
        query_id
        if statement.kind == "DML" or statement.sub == "CREATE_TABLE_AS_SELECT"
        else f"{query_id}.txt"
    )


def _run(query: Query, statement: Statement, publish_metrics: bool) -> None:  # noqa: FBT001 - a thread's target
    began = time.time()
    state, reason, error = "SUCCEEDED", "", None
    executions.started(query)
    try:
        query.checkpoint()
        outcome = statement.run(query)
        query.checkpoint()
        _save(query, outcome)
        executions.keep(query.id, outcome)
    except QueryCancelled as cancelled:
        state, reason = "CANCELLED", str(cancelled)
    except AthenaError as failed:
        state, reason, error = "FAILED", str(failed), failed
    except Exception as unexpected:
        if query.stopped.is_set():
            state, reason = "CANCELLED", CANCELLED_BY_USER
        else:
            logger.exception("Query %s failed unexpectedly: %s", query.id, query.sql[:500])
            error = AthenaError("GENERIC_INTERNAL_ERROR", f"{type(unexpected).__name__}: {unexpected}")
            state, reason = "FAILED", str(error)
    executions.finished(query, state, began=began, reason=reason[:_MOST_REASON], error=error)
    if publish_metrics:
        metrics.publish(query, statement.kind, state, seconds=time.time() - began)


def _save(query: Query, outcome: Outcome) -> None:
    """Writes the result files, with the caller's rights on the workgroup's location."""
    name = str(athena._executions[query.id]["ResultConfiguration"]["OutputLocation"]).rpartition("/")[2]
    if outcome.layout == "table":
        query.target.write(name, results.as_csv(outcome), "text/csv")
        query.target.write(f"{name}.metadata", results.metadata(outcome), "application/octet-stream")
    elif outcome.layout == "text":
        query.target.write(name, results.as_text(outcome), "text/plain")
    if query.manifest:
        query.manifest_location = f"{query.target.location}{query.id}-manifest.csv"
        query.target.write(f"{query.id}-manifest.csv", "\n".join(query.manifest).encode(), "text/csv")


def _known_token(request: Record, sql: str) -> str:
    token = request.get("ClientRequestToken")
    with _tokens_lock:
        known = _tokens.get((get_account_id(), token)) if token else None
    if known is None:
        return ""
    if known[1] != sql:
        raise InvalidRequest("Idempotent parameters do not match", code="DUPLICATE_REQUEST")
    return known[0]


def _remember_token(request: Record, sql: str, query_id: str) -> None:
    if request.get("ClientRequestToken"):
        with _tokens_lock:
            _tokens[get_account_id(), request["ClientRequestToken"]] = (query_id, sql)
