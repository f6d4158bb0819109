"""The weekly end of old rows as a state machine: table by table, and one that fails stops no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.states_language import State, choose, jsonata, retry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.retention_sql import TableEnd

# Tables at a time: Athena's queue is shared with the day's runs.
_SIDE_BY_SIDE = 2
_STATEMENTS = ("delete", "optimize", "vacuum")


def retention_definition(
    tables: Sequence[TableEnd], *, workgroup: str, query_seconds: int, run_seconds: int
) -> State:
    """The machine in the Amazon States Language.

    Args:
        tables: What is run, in order; each table's three statements one after the other.
        workgroup: Where Athena runs it.
        query_seconds: Longest time of one statement.
        run_seconds: Longest time of all.

    Example:
        >>> retention_definition([], workgroup="dp-dev-retail", query_seconds=600, run_seconds=3600)["StartAt"]
        'EachTable'
    """
    items = [{"table": each.table, **{name: getattr(each, name) for name in _STATEMENTS}} for each in tables]
    return {
        "Comment": "Ends rows that contracts no longer keep",
        "QueryLanguage": "JSONata",
        "StartAt": "EachTable",
        "TimeoutSeconds": run_seconds,
        "States": {
            "EachTable": {
                "Type": "Map",
                "Items": items,
                "MaxConcurrency": _SIDE_BY_SIDE,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Delete",
                    "States": _one_table(workgroup, query_seconds),
                },
                "Assign": {"broken": jsonata("[$states.result[ended = false]]")},
                "Next": "Judge",
            },
            **choose("Judge", ("$count($broken) > 0", "RowsRemain"), otherwise="Ended"),
            "Ended": {"Type": "Succeed"},
            "RowsRemain": {
                "Type": "Fail",
                "Error": "RowsRemain",
                "Cause": jsonata("$join($broken.(table & ': ' & cause), '; ')"),
            },
        },
    }


def _one_table(workgroup: str, query_seconds: int) -> dict[str, State]:
    states: dict[str, State] = {
        name.title(): _statement(name, workgroup, query_seconds, then)
        for name, then in zip(_STATEMENTS, ("Optimize", "Vacuum", "Done"), strict=True)
    }
    kept: dict[str, Any] = {"table": jsonata("$states.input.table")}
    return {
        **states,
        "Done": {"Type": "Pass", "Output": {**kept, "ended": True}, "End": True},
        "Broken": {
            "Type": "Pass",
            "Output": {**kept, "ended": False, "cause": jsonata("$states.input.cause")},
            "End": True,
        },
    }


def _statement(name: str, workgroup: str, seconds: int, then: str) -> State:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Arguments": {"QueryString": jsonata(f"$states.input.{name}"), "WorkGroup": workgroup},
        "TimeoutSeconds": seconds,
        # A run of the day may commit to the same table at the same moment; the next try reads its commit.
        "Retry": [retry("States.ALL", IntervalSeconds=30)],
        "Catch": [
            {
                "ErrorEquals": ["States.ALL"],
                "Output": {
                    "table": jsonata("$states.input.table"),
                    "cause": jsonata(
                        "$states.errorOutput.Error & ' ' & $substring($states.errorOutput.Cause, 0, 500)"
                    ),
                },
                "Next": "Broken",
            }
        ],
        "Output": jsonata("$states.input"),
        "Next": then,
    }
