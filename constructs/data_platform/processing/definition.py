"""The whole run on one page: the phases in their order, composed to one definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing.states.candidate import candidate_states
from data_platform.processing.states.claim import claim_states
from data_platform.processing.states.dbt import dbt_states
from data_platform.processing.states.deadline import deadline_states
from data_platform.processing.states.domain import domain_states
from data_platform.processing.states.drift import drift_states
from data_platform.processing.states.extract import extract_states
from data_platform.processing.states.failure import failure_states
from data_platform.processing.states.gate import gate_states
from data_platform.processing.states.land import land_states
from data_platform.processing.states.load import load_states
from data_platform.processing.states.publish import publish_states
from data_platform.processing.states.record import record_states
from data_platform.processing.states.register import register_states

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts

_PHASES = (
    claim_states,
    extract_states,
    register_states,
    land_states,
    drift_states,
    candidate_states,
    gate_states,
    load_states,
    dbt_states,
    publish_states,
    record_states,
    domain_states,
    deadline_states,
    failure_states,
)


def definition(parts: MachineParts) -> dict[str, Any]:
    """The state machine of a domain in the Amazon States Language, in JSONata.

    Args:
        parts: What its states are wired to.

    Raises:
        ValueError: when two phases define a state of the same name, which would silently replace one.
    """
    states: dict[str, Any] = {}
    for phase in _PHASES:
        added = phase(parts)
        if twice := states.keys() & added.keys():
            raise ValueError(
                f"{phase.__name__} defines again {', '.join(sorted(twice))}; give each state its own name"
            )
        states |= added
    return {
        "Comment": f"One day of one dataset of {parts.domain}, from raw to curated; '*' runs them all",
        "QueryLanguage": "JSONata",
        "StartAt": "ReadInput",
        "TimeoutSeconds": parts.run_seconds,
        "States": states,
    }
