"""One Athena query of the compiled plan, waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing.states.task import jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.states.task import State

# ingest_date and run_id were validated before: they hold letters, digits, hyphens and underscores only.
_FILLED = """$replace($replace($lookup($plan.sql, '{name}'), '{{ingest_date}}', $run.ingest_date),
             '{{run_id}}', $run.run_id)"""


def query(name: str, *, sql: str, then: str, timeout_seconds: int, **behaviour: Any) -> dict[str, State]:
    """Run one statement of the plan in the domain's workgroup and wait for its end.

    Args:
        name: Name of the state.
        sql: Name of the statement in the plan.
        then: State that follows.
        timeout_seconds: Longest time of the statement.
        behaviour: What `task` takes.
    """
    behaviour.setdefault("fails_as", "QueryFailed")
    return task(
        name,
        resource="athena:startQueryExecution.sync",
        arguments={
            "QueryString": jsonata(_FILLED.format(name=sql)),
            "WorkGroup": jsonata("$plan.workgroup"),
        },
        then=then,
        timeout_seconds=timeout_seconds,
        **behaviour,
    )
