"""Copies of what cannot be made again: for how long, under which lock, and in which second region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from environments.refusal import require, require_match, require_whole

TEN_YEARS_DAYS = 3653
# A rehearsed mistake must be found before the last good copy expires.
LEAST_DAILY_DAYS = 2


@dataclass(frozen=True, kw_only=True)
class RecoverySettings:
    """How backups differ between environments; which tables are backed up follows from the domains.

    Args:
        copy_region: Region of the second vault.
        daily_days: Days for which each day's copy is kept.
        weekly_days: Days for which each Sunday's copy is kept.
        vault_lock: "compliance" closes three days after the first deploy and nobody can ever lift it; "governance"
            can be lifted by a reviewed change; None locks nothing.
        watched: Whether alarms ring when no copy was made for a day, or no restore was rehearsed for a week.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> RecoverySettings(daily_days=7, weekly_days=35, vault_lock=None, watched=False).copy_region
        'ap-southeast-4'
    """

    daily_days: int
    weekly_days: int
    vault_lock: Literal["compliance", "governance"] | None
    watched: bool
    copy_region: str = "ap-southeast-4"

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "RecoverySettings"
        require(
            self.vault_lock in ("compliance", "governance", None),
            f"{own}.vault_lock",
            self.vault_lock,
            allowed='"compliance", "governance" or None',
            mend='write "governance" unless an auditor asks for what nobody can undo',
        )
        require(
            isinstance(self.watched, bool),
            f"{own}.watched",
            self.watched,
            allowed="True or False",
            mend="write watched=True where somebody answers the alarms",
        )
        require_match(
            f"{own}.copy_region",
            self.copy_region,
            r"ap-southeast-[24]",
            allowed="a region of Australia: ap-southeast-2 or ap-southeast-4",
            mend='write "ap-southeast-4": the data may not leave the country',
        )
        require_whole(
            f"{own}.daily_days", self.daily_days, least=LEAST_DAILY_DAYS, most=TEN_YEARS_DAYS, unit="days"
        )
        require_whole(
            f"{own}.weekly_days", self.weekly_days, least=self.daily_days, most=TEN_YEARS_DAYS, unit="days"
        )
