"""Phase 8: one statement makes the day visible in curated; then the day is counted, zone by zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.query import query
from data_platform.processing.states.task import jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# The answer has a header row and one row of counts.
_ROWS = """(
    $names := $states.result.ResultSet.Rows[0].Data.VarCharValue;
    $values := $states.result.ResultSet.Rows[1].Data.VarCharValue;
    $merge($map($names, function($name, $i) { { $name: $number($values[$i]) } }))
)"""


def publish_states(parts: MachineParts) -> dict[str, State]:
    """From built models to published and counted rows."""
    published = query("Publish", sql="publish", then="Count", timeout_seconds=parts.query_seconds)
    counted = query(
        "Count",
        sql="count",
        assign={"count_query": jsonata("$states.result.QueryExecution.QueryExecutionId")},
        then="ReadCount",
        timeout_seconds=parts.query_seconds,
    )
    read = task(
        "ReadCount",
        resource="aws-sdk:athena:getQueryResults",
        arguments={"QueryExecutionId": jsonata("$count_query"), "MaxResults": 2},
        assign={"rows": jsonata(_ROWS)},
        then="RecordSuccess",
        fails_as="CountUnreadable",
    )
    return {**published, **counted, **read}
