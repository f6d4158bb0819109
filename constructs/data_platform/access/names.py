"""The public names of a domain's elevation: known before anything is built, so that policies can come first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_platform.contracts.naming import Naming

ELEVATION, SWEEPER, SWEEP_SCHEDULE = "elevation", "elevation-sweeper", "elevation-schedule"
APPROVER, ELEVATED, SIGN_IN = "approver", "elevated", "sign-in"


@dataclass(frozen=True, kw_only=True)
class AccessNames:
    """Names of one domain in one environment.

    Args:
        naming: Physical names of the domain.

    Example:
        >>> from data_platform.contracts.naming import Naming
        >>> names = AccessNames(naming=Naming(organisation="dp", environment="dev", domain="aviation",
        ...                                   account="111111111111"))
        >>> names.records, names.machine(ELEVATION)
        ('dp-dev-aviation-access', 'dp-dev-aviation-elevation')
    """

    naming: Naming

    @property
    def records(self) -> str:
        """The table of requests, decisions and records."""
        return f"{self.naming.prefix}-access"

    def machine(self, duty: str) -> str:
        """The state machine of a duty; its role has the same name."""
        return f"{self.naming.prefix}-{duty}"

    def machine_arn(self, duty: str) -> str:
        """The ARN of that state machine."""
        return f"arn:aws:states:{self.naming.region}:{self.naming.account}:stateMachine:{self.machine(duty)}"
