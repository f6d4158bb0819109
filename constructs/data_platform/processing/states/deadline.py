"""A look at the clock: was a dataset's day published by the deadline that its contract promises?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.record import measure
from data_platform.processing.states.task import jsonata

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# A day that runs a second time has been published before: its fingerprint stays in the ledger.
_MISSED = """($exists($states.result.Item.fingerprint)
    or ($exists($states.result.Item.status) and $states.result.Item.status.S = 'SKIPPED')) ? 0 : 1"""


def deadline_states(parts: MachineParts) -> dict[str, State]:
    """Started by a schedule in Melbourne's time, so that the deadline follows daylight saving."""
    read = ledger.read(
        "ReadDeadline",
        table=parts.ledger,
        assign={"missed": jsonata(_MISSED)},
        then="MeasureDeadline",
    )
    measured = measure(
        parts,
        "MeasureDeadline",
        {"DeadlineMissed": (jsonata("$missed"), "Count"), "DeadlineChecked": (1, "Count")},
        then="DeadlineChecked",
    )
    checked: State = {
        "Type": "Succeed",
        "Output": {
            "status": jsonata("$missed = 1 ? 'MISSED' : 'MET'"),
            "dataset": jsonata("$run.dataset"),
            "ingest_date": jsonata("$run.ingest_date"),
        },
    }
    return {**read, **measured, "DeadlineChecked": checked}
