"""The machine that gives access for a time, as one definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.access.decision import decision_states
from data_platform.access.grant import grant_states
from data_platform.access.request import request_states

if TYPE_CHECKING:
    from data_platform.access.parts import ElevationParts

_PHASES = (request_states, decision_states, grant_states)
# What is neither waiting for a decision nor held: calls, and tries to revoke.
_SPARE_SECONDS = 3600


def elevation_definition(parts: ElevationParts) -> dict[str, Any]:
    """The elevation machine in the Amazon States Language, in JSONata.

    Raises:
        ValueError: when two phases define a state of the same name, which would silently replace one.
    """
    states: dict[str, Any] = {}
    for phase in _PHASES:
        added = phase(parts)
        if twice := states.keys() & added.keys():
            raise ValueError(
                f"{phase.__name__} defines again {', '.join(sorted(twice))}; give each its own name"
            )
        states |= added
    return {
        "Comment": f"Access to a dataset of {parts.domain} for a time: asked, approved, granted, revoked",
        "QueryLanguage": "JSONata",
        "StartAt": "ReadInput",
        "TimeoutSeconds": parts.approval_seconds + parts.most_seconds + _SPARE_SECONDS,
        "States": states,
    }
