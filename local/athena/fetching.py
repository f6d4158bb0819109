"""GetQueryResults and what else clients ask about a finished query."""

from __future__ import annotations

import csv
import io
from typing import Any

from ministack.services import athena

from local import identity
from local.athena import executions
from local.athena.errors import InvalidRequest
from local.athena.results import Column, Outcome, Row
from local.athena.storage import ObjectStore

Record = dict[str, Any]
_PAGE = 1000


def results(request: Record) -> Record:
    """GetQueryResults: a page of rows; the first of a SELECT starts with the column names.

    The caller needs s3:GetObject on the result file, as on AWS: whoever may read the file gets the rows, also those of
    another role's query. Lake Formation does not reach results; workgroups with places of their own keep roles apart.

    Raises:
        InvalidRequest: the query does not exist, has no result, or MaxResults is out of bounds.
    """
    record = _finished(request["QueryExecutionId"])
    size = int(request.get("MaxResults") or _PAGE)
    if not 1 <= size <= _PAGE:
        raise InvalidRequest(f"MaxResults is {size}; allowed are 1 to {_PAGE}")
    outcome = _outcome(record)
    rows: list[Row] = outcome.rows
    if outcome.layout == "table":
        rows = [[column.name for column in outcome.columns], *rows]
    start = _start(request.get("NextToken"), len(rows))
    answer: Record = {
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in row]} for row in rows[start : start + size]],
            "ResultSetMetadata": {"ColumnInfo": [column.info() for column in outcome.columns]},
        },
        "UpdateCount": outcome.update_count or 0,
    }
    if start + size < len(rows):
        answer["NextToken"] = str(start + size)
    return answer


def runtime_statistics(request: Record) -> Record:
    """GetQueryRuntimeStatistics: the timeline and the bytes; rows are counted for results that are still held."""
    record = _record(request["QueryExecutionId"])
    statistics = record["Statistics"]
    outcome = executions.outcome(record["QueryExecutionId"])
    timeline = {name: value for name, value in statistics.items() if name.endswith("InMillis")}
    rows = {"InputBytes": statistics.get("DataScannedInBytes", 0)}
    if outcome is not None:
        rows["OutputRows"] = outcome.update_count if outcome.update_count is not None else len(outcome.rows)
    return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows}}


def listing(request: Record) -> Record:
    """ListQueryExecutions, newest first."""
    workgroup = request.get("WorkGroup") or "primary"
    found = [record for record in athena._executions.values() if record["WorkGroup"] == workgroup]
    found.sort(key=lambda record: record["Status"]["SubmissionDateTime"], reverse=True)
    start = _start(request.get("NextToken"), len(found))
    size = int(request.get("MaxResults") or 50)
    answer: Record = {
        "QueryExecutionIds": [record["QueryExecutionId"] for record in found[start : start + size]]
    }
    if start + size < len(found):
        answer["NextToken"] = str(start + size)
    return answer


def _datum(value: str | None) -> Record:
    return {} if value is None else {"VarCharValue": value}


def _start(token: str | None, count: int) -> int:
    if not token:
        return 0
    if not token.isdigit() or int(token) >= max(count, 1):
        raise InvalidRequest(f"NextToken {token!r} is malformed", code="INVALID_NEXT_TOKEN")
    return int(token)


def _record(query_id: str) -> Record:
    record: Record | None = athena._executions.get(query_id)
    if record is None:
        raise InvalidRequest(f"QueryExecution {query_id} was not found")
    return record


def _finished(query_id: str) -> Record:
    record = _record(query_id)
    state = record["Status"]["State"]
    if state == "FAILED":
        raise InvalidRequest("Query did not finish successfully. Final query state: FAILED")
    if state != "SUCCEEDED":
        raise InvalidRequest(f"Query has not yet finished. Current state: {state}")
    return record


def _outcome(record: Record) -> Outcome:
    """The held outcome when the caller may read its file; else what the file says."""
    held = executions.outcome(record["QueryExecutionId"])
    if held is not None and held.layout == "none":
        return held
    store = ObjectStore(identity.session_for_access_key(identity.caller_access_key()))
    location = record["ResultConfiguration"]["OutputLocation"]
    if held is not None and store.exists(location):
        return held
    return _read_back(store.read(location).decode(), location)


def _read_back(text: str, location: str) -> Outcome:
    if location.endswith(".csv"):
        rows = list(csv.reader(io.StringIO(text)))
        columns = tuple(Column(name=name, type="varchar") for name in (rows[0] if rows else []))
        return Outcome(columns=columns, rows=[list(row) for row in rows[1:]], layout="table")
    lines = [[line] for line in text.splitlines()]
    return Outcome(
        columns=(Column(name="result", type="string"),), rows=[list(line) for line in lines], layout="text"
    )
