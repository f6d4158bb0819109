"""Phase 6: bad rows to quarantine, good rows to staged, each by one statement that replaces the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.query import query
from data_platform.processing.states.task import choose, jsonata

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State


def load_states(parts: MachineParts) -> dict[str, State]:
    """From a passed gate to staged rows; the load of a whole domain's run ends here, before dbt."""
    quarantined = query("Quarantine", sql="quarantine", then="Stage", timeout_seconds=parts.query_seconds)
    staged = query("Stage", sql="staged", then="AfterStage", timeout_seconds=parts.query_seconds)
    forked = choose("AfterStage", ("$run.phase = 'load'", "RecordStaged"), otherwise="SelectForDbt")
    recorded = ledger.update(
        "RecordStaged",
        table=parts.ledger,
        values={
            "status": {"S": "STAGED"},
            "staged_fingerprint": {"S": jsonata("$listing.digest")},
            "warnings": {"S": jsonata("$string($warnings)")},
            "checks": {"S": jsonata("$string($verdict)")},
        },
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="SweepAfterStage",
    )
    swept = query(
        "SweepAfterStage",
        sql="clear_candidate",
        then="Staged",
        otherwise="Staged",
        timeout_seconds=parts.query_seconds,
    )
    return {
        **quarantined,
        **staged,
        **forked,
        **recorded,
        **swept,
        "Staged": {
            "Type": "Succeed",
            "Output": {
                "status": "STAGED",
                "dataset": jsonata("$run.dataset"),
                "ingest_date": jsonata("$run.ingest_date"),
                "dbt_select": jsonata("$plan.dbt_select"),
            },
        },
    }
