"""What looks for trouble by itself. Each service is one an account and region, and may belong to another stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from environments.refusal import require, require_texts, require_whole

Owner = Literal["create", "existing"]
SERVICES = ("guardduty", "macie", "security_hub", "config", "access_analyzer")


@dataclass(frozen=True, kw_only=True)
class DetectionSettings:
    """How detection differs between environments.

    "create" lets the detection stack own the service; "existing" leaves it to an organisation's security account or to
    another environment of the same account. Who is told of findings is this environment's own in both cases.

    Args:
        guardduty: Threats.
        macie: Personal data in raw files.
        security_hub: Controls of standards.
        config: The history of settings, and rules.
        access_analyzer: Access from outside, and unused access.
        standards: Security Hub's standards: "fsbp", "cis", "nist".
        sampling_percent: Share of raw files that Macie looks at, each week.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> DetectionSettings(sampling_percent=10).guardduty
        'create'
    """

    sampling_percent: int
    guardduty: Owner = "create"
    macie: Owner = "create"
    security_hub: Owner = "create"
    config: Owner = "create"
    access_analyzer: Owner = "create"
    standards: tuple[str, ...] = ("fsbp", "cis", "nist")

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "DetectionSettings"
        for field in SERVICES:
            require(
                getattr(self, field) in ("create", "existing"),
                f"{own}.{field}",
                getattr(self, field),
                allowed='"create" or "existing"',
                mend='write "existing" when another stack of the account owns the service',
            )
        require_texts(
            f"{own}.standards",
            self.standards,
            r"fsbp|cis|nist",
            allowed='names of standards: "fsbp", "cis", "nist"',
            mend='write for example ("fsbp", "nist")',
        )
        require_whole(f"{own}.sampling_percent", self.sampling_percent, least=1, most=100, unit="percent")
        # Security Hub's controls are Config rules: without a recorder each of them fails.
        require(
            self.security_hub == "existing" or self.config == "create" or not self.standards,
            f"{own}.standards",
            self.standards,
            allowed="none while config belongs to another stack and that stack is not known to record",
            mend='write security_hub="existing", too, or standards=()',
        )
