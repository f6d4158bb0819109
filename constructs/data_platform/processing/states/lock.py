"""An item of the ledger that one execution holds at a time: claimed, left to a living holder, taken from a dead one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.processing.states import ledger
from data_platform.processing.states.task import catch, choose, jsonata, task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_HOLD = {"execution": {"S": jsonata("$run.execution")}, "started_at": {"S": jsonata("$now()")}}
_GONE = "Sfn.ExecutionDoesNotExistException"


@dataclass(frozen=True, kw_only=True)
class Lock:
    """What is locked, and what a run remembers of it.

    Args:
        name: Names its states, such as `ClaimDbt`, and the variables `<name>_holder` and `<name>_holder_status`.
        key: Key of the item in the ledger.
        held: Variables that are set when the run holds it; on every way to the end it is given back by them.
        free: The same once it is given back.
    """

    name: str
    key: Mapping[str, Any]
    held: Mapping[str, Any]
    free: Mapping[str, Any]

    @property
    def holder(self) -> str:
        """The variable with the execution that holds it; empty when nobody does any more."""
        return f"{self.name.lower()}_holder"


def lock_states(parts: MachineParts, lock: Lock, *, then: str, busy: str) -> dict[str, State]:
    """From `Claim<name>` to a lock of one's own.

    Args:
        parts: Names the ledger.
        lock: The lock.
        then: State that follows when the run holds it.
        busy: State that follows when somebody holds it who is alive.
    """
    name, holder = lock.name, lock.holder
    claimed = ledger.update(
        f"Claim{name}",
        table=parts.ledger,
        key=lock.key,
        values=_HOLD,
        condition="attribute_not_exists(#execution) OR #execution = :execution",
        assign=lock.held,
        catches=[catch(f"Claim{name}", ledger.CONFLICT, then=f"Read{name}Holder")],
        then=then,
    )
    read = ledger.read(
        f"Read{name}Holder",
        table=parts.ledger,
        key=lock.key,
        assign={
            holder: jsonata("$exists($states.result.Item.execution) ? $states.result.Item.execution.S : ''")
        },
        then=f"Judge{name}",
    )
    judged = choose(f"Judge{name}", (f"${holder} = ''", f"Claim{name}"), otherwise=f"Describe{name}Holder")
    described = task(
        f"Describe{name}Holder",
        resource="aws-sdk:sfn:describeExecution",
        arguments={"ExecutionArn": jsonata(f"${holder}")},
        assign={f"{holder}_status": jsonata("$states.result.Status")},
        never_again=[_GONE],
        catches=[catch(f"Describe{name}Holder", _GONE, then=f"TakeOver{name}")],
        then=f"Judge{name}Holder",
    )
    alive = choose(f"Judge{name}Holder", (f"${holder}_status = 'RUNNING'", busy), otherwise=f"TakeOver{name}")
    taken = ledger.update(
        f"TakeOver{name}",
        table=parts.ledger,
        key=lock.key,
        values=_HOLD,
        condition="#execution = :holder",
        condition_values={":holder": {"S": jsonata(f"${holder}")}},
        assign=lock.held,
        catches=[catch(f"TakeOver{name}", ledger.CONFLICT, then=f"Read{name}Holder")],
        then=then,
    )
    return {**claimed, **read, **judged, **described, **alive, **taken}


def give_back(parts: MachineParts, lock: Lock, name: str, *, then: str) -> dict[str, State]:
    """Give it back; if that fails, the next one finds a dead holder and takes over."""
    return ledger.update(
        name,
        table=parts.ledger,
        key=lock.key,
        values={},
        forget=tuple(_HOLD),
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        assign=lock.free,
        then=then,
        otherwise=then,
    )
