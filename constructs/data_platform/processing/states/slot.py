"""At most so many extractions of a source at a time: slots of the ledger, each held by one execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.reader import reader
from data_platform.processing.states.task import catch, choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_KEY = {
    "dataset": {"S": jsonata("'#' & $run.dataset")},
    "ingest_date": {"S": jsonata("$string($slot.place)")},
}
_HOLD = {"execution": {"S": jsonata("$run.execution")}, "started_at": {"S": jsonata("$now()")}}
_HELD = {"slot": {"place": jsonata("$slot.place"), "held": True}}
_LEAST_PAUSE, _MORE_PAUSE = 5, 10


def slot_states(parts: MachineParts) -> dict[str, State]:
    """From a quiet database to a slot of one's own, and the way back."""
    claimed = ledger.update(
        "ClaimSlot",
        table=parts.ledger,
        key=_KEY,
        values=_HOLD,
        condition="attribute_not_exists(#execution) OR #execution = :execution",
        assign=_HELD,
        catches=[catch("ClaimSlot", ledger.CONFLICT, then="ReadSlotHolder")],
        then=reader(parts),
    )
    return {**claimed, **_conflict(parts), **_next(), **release_slot(parts, "ReleaseSlot", then="Extracted")}


def release_slot(parts: MachineParts, name: str, *, then: str) -> dict[str, State]:
    """Give the slot back; if that fails, the next extraction finds a dead holder and takes over."""
    return ledger.update(
        name,
        table=parts.ledger,
        key=_KEY,
        values={},
        forget=("execution", "started_at"),
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        assign={"slot": {"place": 0, "held": False}},
        then=then,
        otherwise=then,
    )


def _conflict(parts: MachineParts) -> dict[str, State]:
    read = ledger.read(
        "ReadSlotHolder",
        table=parts.ledger,
        key=_KEY,
        assign={
            "slot_holder": jsonata(
                "$exists($states.result.Item.execution) ? $states.result.Item.execution.S : ''"
            )
        },
        then="JudgeSlot",
    )
    judged = choose("JudgeSlot", ("$slot_holder = ''", "ClaimSlot"), otherwise="DescribeSlotHolder")
    described = task(
        "DescribeSlotHolder",
        resource="aws-sdk:sfn:describeExecution",
        arguments={"ExecutionArn": jsonata("$slot_holder")},
        assign={"slot_holder_status": jsonata("$states.result.Status")},
        never_again=["Sfn.ExecutionDoesNotExistException"],
        catches=[catch("DescribeSlotHolder", "Sfn.ExecutionDoesNotExistException", then="TakeOverSlot")],
        then="JudgeSlotHolder",
    )
    alive = choose(
        "JudgeSlotHolder", ("$slot_holder_status = 'RUNNING'", "NextSlot"), otherwise="TakeOverSlot"
    )
    taken = ledger.update(
        "TakeOverSlot",
        table=parts.ledger,
        key=_KEY,
        values=_HOLD,
        condition="#execution = :holder",
        condition_values={":holder": {"S": jsonata("$slot_holder")}},
        assign=_HELD,
        catches=[catch("TakeOverSlot", ledger.CONFLICT, then="ReadSlotHolder")],
        then=reader(parts),
    )
    return {**read, **judged, **described, **alive, **taken}


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
