"""Access for a time: whether it is offered, for how long, and how long a request may wait for its approver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from environments.refusal import require, require_texts, require_whole

A_WEEK_HOURS = 168


@dataclass(frozen=True, kw_only=True)
class AccessSettings:
    """How just-in-time access differs between environments; who approves what stands in the contracts.

    Args:
        just_in_time: Whether people can ask for access for a time; without it nobody is ever elevated.
        least_seconds: Shortest elevation.
        most_hours: Longest elevation.
        approval_hours: Hours after which a request that nobody has decided lapses.
        identity_provider: "existing" sets the source identity of people when they sign in; "embedded" makes a role
            that plays it, for an account that has no people.
        regions: Regions in which any role of the platform may act at all (the boundary closes all others).

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> AccessSettings(just_in_time=True, most_hours=8, approval_hours=24).regions
        ('ap-southeast-2', 'ap-southeast-4')
    """

    just_in_time: bool
    most_hours: int
    approval_hours: int
    least_seconds: int = 900
    identity_provider: Literal["existing", "embedded"] = "existing"
    regions: tuple[str, ...] = ("ap-southeast-2", "ap-southeast-4")

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "AccessSettings"
        require(
            isinstance(self.just_in_time, bool),
            f"{own}.just_in_time",
            self.just_in_time,
            allowed="True or False",
            mend="write just_in_time=True or just_in_time=False",
        )
        require(
            self.identity_provider in ("existing", "embedded"),
            f"{own}.identity_provider",
            self.identity_provider,
            allowed='"existing", or "embedded" on the embedded AWS',
            mend='write identity_provider="existing"',
        )
        require_whole(f"{own}.least_seconds", self.least_seconds, least=1, most=3600, unit="seconds")
        require_whole(f"{own}.most_hours", self.most_hours, least=1, most=A_WEEK_HOURS, unit="hours")
        require_whole(f"{own}.approval_hours", self.approval_hours, least=1, most=A_WEEK_HOURS, unit="hours")
        require_texts(
            f"{own}.regions",
            self.regions,
            r"[a-z]{2}-[a-z]+-\d",
            allowed="region names",
            mend='write for example ("ap-southeast-2", "ap-southeast-4")',
        )
