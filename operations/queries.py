"""Ask Athena in a duty's workgroup."""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from operations.connection import Connection

_POLL_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A query's result: texts as Athena returns them (None is NULL), seconds, and bytes read."""

    columns: list[str]
    rows: list[list[str | None]]
    seconds: float
    bytes_scanned: int


def ask(
    connection: Connection,
    sql: str,
    *,
    workgroup: str,
    database: str | None = None,
    results: str | None = None,
) -> Answer:
    """Run one statement and return its rows.

    Args:
        connection: As whom.
        sql: The statement.
        workgroup: The one of that duty.
        database: Of tables without one.
        results: Where the result goes in a workgroup that leaves it to the query.

    Raises:
        CommandFailed: with Athena's own reason.
    """
    client = connection.client("athena")
    seen = _ended(client, sql, workgroup=workgroup, database=database, results=results)
    query = seen["QueryExecutionId"]
    pages = list(client.get_paginator("get_query_results").paginate(QueryExecutionId=query))
    columns = [column["Name"] for column in pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    rows = [
        [cell.get("VarCharValue") for cell in row["Data"]]
        for page in pages
        for row in page["ResultSet"]["Rows"]
    ]
    statistics = seen.get("Statistics", {})
    return Answer(
        columns=columns,
        rows=rows[1:] if rows and rows[0] == columns else rows,
        seconds=round(statistics.get("TotalExecutionTimeInMillis", 0) / 1000, 2),
        bytes_scanned=statistics.get("DataScannedInBytes", 0),
    )


def answers(connection: Connection, sql: str, *, workgroup: str) -> Iterator[str]:
    """The values of a query's only column, none of them NULL, streamed from its result file: any number of them.

    Raises:
        CommandFailed: with Athena's own reason.
    """
    seen = _ended(connection.client("athena"), sql, workgroup=workgroup)
    bucket, _, key = seen["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    body = connection.client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    rows = csv.reader(line.decode() for line in body.iter_lines())
    next(rows, None)  # the header
    for row in rows:
        yield row[0]


def _ended(
    client: Any, sql: str, *, workgroup: str, database: str | None = None, results: str | None = None
) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    more: dict[str, Any] = {"QueryExecutionContext": {"Database": database}} if database else {}
    if results:
        more["ResultConfiguration"] = {"OutputLocation": results}
    try:
        query = client.start_query_execution(QueryString=sql, WorkGroup=workgroup, **more)["QueryExecutionId"]
        while True:
            seen = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            if seen["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED"):
                break
            time.sleep(_POLL_SECONDS)
    except ClientError as error:
        raise CommandFailed(str(error)) from error
    if seen["Status"]["State"] != "SUCCEEDED":
        raise CommandFailed(seen["Status"].get("StateChangeReason", seen["Status"]["State"]))
    return {**seen, "QueryExecutionId": query}
