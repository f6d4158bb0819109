"""What the machines of elevation are wired to, decided by the stack that builds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_platform.access.plan import Plan

# Session tag by which Lake Formation knows for whom a grant is.
REQUESTER_TAG = "requester"


@dataclass(frozen=True, kw_only=True)
class ElevationParts:
    """Names, limits and the plan.

    Args:
        organisation: Starts the source of events.
        domain: Name of the domain.
        account: The account whose principals are granted, matched by their tag.
        table: Name of the access records.
        index: Name of the index of what is open, by its end.
        plan: What can be asked for.
        least_seconds: Shortest elevation.
        most_seconds: Longest elevation.
        approval_seconds: How long a request waits for a decision.
    """

    organisation: str
    domain: str
    account: str
    table: str
    index: str
    plan: Plan
    least_seconds: int
    most_seconds: int
    approval_seconds: int
