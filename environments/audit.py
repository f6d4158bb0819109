"""The audit: whose trail records, against whom evidence is locked and for how long it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from environments.refusal import require, require_match, require_texts, require_whole
from environments.slices import TEN_YEARS_DAYS, require_log_days


@dataclass(frozen=True, kw_only=True)
class AuditSettings:
    """How the audit differs between environments.

    Args:
        trail: "create" makes a trail of this environment; "existing" leaves recording to a trail of the organisation,
            whose own tables then answer who did what; access logs and the history of queries are kept here in any case.
        lock_mode: COMPLIANCE is lifted by nobody, root included; GOVERNANCE by whoever may bypass it, which the
            store's policy denies to all.
        lock_days: Days for which each object of the store is locked.
        keep_days: Days for which it is kept; not less than the lock.
        log_group_days: Days for which the trail's log group keeps events for its filters.
        original_days: Days for which originals of access logs and of auditors' answers are kept beside their copies.
        auditor_principals: ARNs that may take the auditor's role.
        watch_root: Whether use of the account's root wakes somebody.
        regions: Regions whose events the tables show; us-east-1 has those of IAM.
        organization_id: Makes the trail one of the whole organisation; only its management account can.

    Raises:
        InvalidEnvironment: when a value is not allowed.

    Example:
        >>> AuditSettings(lock_mode="GOVERNANCE", lock_days=30, keep_days=90, log_group_days=30, original_days=30,
        ...               auditor_principals=("arn:aws:iam::111111111111:root",)).trail
        'create'
    """

    lock_mode: Literal["GOVERNANCE", "COMPLIANCE"]
    lock_days: int
    keep_days: int
    log_group_days: int
    original_days: int
    auditor_principals: tuple[str, ...]
    trail: Literal["create", "existing"] = "create"
    watch_root: bool = True
    regions: tuple[str, ...] = ("ap-southeast-2", "ap-southeast-4", "us-east-1")
    organization_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        own = "AuditSettings"
        require(
            self.trail in ("create", "existing"),
            f"{own}.trail",
            self.trail,
            allowed='"create" or "existing"',
            mend='write "existing" where a trail of the organisation records this account',
        )
        require(
            self.lock_mode in ("GOVERNANCE", "COMPLIANCE"),
            f"{own}.lock_mode",
            self.lock_mode,
            allowed='"GOVERNANCE" or "COMPLIANCE"',
            mend='write "COMPLIANCE" where a regulator reads the evidence, else "GOVERNANCE"',
        )
        require_whole(f"{own}.lock_days", self.lock_days, least=1, most=TEN_YEARS_DAYS, unit="days")
        require_whole(
            f"{own}.keep_days", self.keep_days, least=self.lock_days, most=TEN_YEARS_DAYS, unit="days"
        )
        require_whole(f"{own}.original_days", self.original_days, least=1, most=TEN_YEARS_DAYS, unit="days")
        require_log_days(f"{own}.log_group_days", self.log_group_days)
        require(
            isinstance(self.watch_root, bool),
            f"{own}.watch_root",
            self.watch_root,
            allowed="True or False",
            mend="write watch_root=True or watch_root=False",
        )
        require_texts(
            f"{own}.auditor_principals",
            self.auditor_principals,
            r"arn:aws:iam::\d{12}:(root|role/[\w+=,.@/-]+)",
            allowed="IAM ARNs (roles or an account root)",
            mend='write for example ("arn:aws:iam::111111111111:role/internal-audit",)',
        )
        require_texts(
            f"{own}.regions",
            self.regions,
            r"[a-z]{2}-[a-z]+-\d",
            allowed="region names",
            mend='write for example ("ap-southeast-2", "us-east-1")',
        )
        if self.organization_id is not None:
            require_match(
                f"{own}.organization_id",
                self.organization_id,
                r"o-[a-z0-9]{10,32}",
                allowed="an id of an organisation, or None",
                mend='copy it from the management account, such as "o-a1b2c3d4e5"',
            )
