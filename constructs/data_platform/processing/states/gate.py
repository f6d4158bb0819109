"""Phase 5: one query measures every check of the contract, a function says whether the run may publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.query import query
from data_platform.processing.states.task import jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# A NULL is a cell without a value; it must keep its place in the row.
_CELLS = """[$map($states.result.ResultSet.Rows, function($row) {
    [$map($row.Data, function($cell) { $exists($cell.VarCharValue) ? $cell.VarCharValue : '' })]
})]"""


def gate_states(parts: MachineParts) -> dict[str, State]:
    """From candidate rows to a verdict."""
    measured = query(
        "Gate",
        sql="gate",
        assign={"gate_query": jsonata("$states.result.QueryExecution.QueryExecutionId")},
        then="ReadGate",
        timeout_seconds=parts.query_seconds,
    )
    # The machine may read the answer already; so the function that judges needs no right at all.
    read = task(
        "ReadGate",
        resource="aws-sdk:athena:getQueryResults",
        arguments={"QueryExecutionId": jsonata("$gate_query"), "MaxResults": 1000},
        assign={"measured": jsonata(_CELLS)},
        then="Verdict",
        fails_as="GateUnreadable",
    )
    judged = task(
        "Verdict",
        resource="lambda:invoke",
        arguments={
            "FunctionName": parts.verdict_function,
            "Payload": {
                "query_execution_id": jsonata("$gate_query"),
                "rows": jsonata("$measured"),
                "dataset": jsonata("$plan.domain & '.' & $run.dataset"),
                "ingest_date": jsonata("$run.ingest_date"),
                "checks": jsonata("[$plan.checks.{'id': id, 'description': description}]"),
            },
        },
        assign={"verdict": jsonata("$states.result.Payload")},
        timeout_seconds=parts.function_seconds,
        never_again=["QualityGateFailed"],
        then="Quarantine",
        fails_as="VerdictFailed",
    )
    return {**measured, **read, **judged}
