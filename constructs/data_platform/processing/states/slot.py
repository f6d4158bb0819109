"""At most so many extractions of a source at a time: slots of the ledger, each held by one execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.lock import Lock, give_back, lock_states
from data_platform.processing.states.reader import reader
from data_platform.processing.states.task import choose, jsonata, refuse

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_SLOT = Lock(
    name="Slot",
    key={
        "dataset": {"S": jsonata("'#' & $run.dataset")},
        "ingest_date": {"S": jsonata("$string($slot.place)")},
    },
    held={"slot": {"place": jsonata("$slot.place"), "held": True}},
    free={"slot": {"place": 0, "held": False}},
)
_LEAST_PAUSE, _MORE_PAUSE = 5, 10


def slot_states(parts: MachineParts) -> dict[str, State]:
    """From a quiet database to a slot of one's own, and the way back."""
    return {
        **lock_states(parts, _SLOT, then=reader(parts), busy="NextSlot"),
        **_next(),
        **release_slot(parts, "ReleaseSlot", then="Extracted"),
    }


def release_slot(parts: MachineParts, name: str, *, then: str) -> dict[str, State]:
    """Give the slot back; if that fails, the next extraction finds a dead holder and takes over."""
    return give_back(parts, _SLOT, name, then=then)


def _next() -> dict[str, State]:
    """The next slot; when every one is held, wait for a while, and in the end give up."""
    following: State = {
        "Type": "Pass",
        "Assign": {"slot": {"place": jsonata("($slot.place + 1) % $source.concurrency"), "held": False}},
        "Output": {},
        "Next": "JudgeSlots",
    }
    judged = choose(
        "JudgeSlots",
        ("$slot.place != 0", "ClaimSlot"),
        ("$waited >= $source.busy_seconds", "SourceFull"),
        otherwise="AwaitSlot",
    )
    waited: State = {
        "Type": "Wait",
        "Seconds": jsonata(f"{_LEAST_PAUSE} + $floor($random() * {_MORE_PAUSE})"),
        "Assign": {"waited": jsonata(f"$waited + {_LEAST_PAUSE + _MORE_PAUSE // 2}")},
        "Next": "LookAtAlarms",
    }
    full = refuse(
        "SourceFull",
        error="SourceBusy",
        cause="""'the database ' & $source.name & ' is read by as many extractions as it may be ('
        & $string($source.concurrency) & '), the last seen is ' & $split($slot_holder, ':')[-1] & '; waited '
        & $string($waited) & ' s, and nothing of ' & $run.ingest_date
        & ' was read. Mend: wait for their end, then run the day again (docs/runbooks/run-failed.md).'""",
    )
    return {"NextSlot": following, **judged, "AwaitSlot": waited, **full}
