"""Write-once storage: for how long and against whom an object is locked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data_platform.contracts.model import Dataset

LockMode = Literal["GOVERNANCE", "COMPLIANCE"]


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Default lock of a bucket: mode and days from an object's creation.

    GOVERNANCE can be lifted by whoever may bypass it (the bucket's policy denies that to all, so
    lifting it is a reviewed change); COMPLIANCE by nobody, the account's root included.
    """

    mode: LockMode
    days: int

    @property
    def retention(self) -> s3.ObjectLockRetention:
        """The lock in CDK's words."""
        duration = cdk.Duration.days(self.days)
        if self.mode == "COMPLIANCE":
            return s3.ObjectLockRetention.compliance(duration)
        return s3.ObjectLockRetention.governance(duration)


def lock_of(datasets: Iterable[Dataset], mode: LockMode | None) -> Lock | None:
    """The lock that contracts ask for: the longest, since a bucket has one; None without a wish or a mode."""
    days = max((dataset.object_lock.days for dataset in datasets if dataset.object_lock), default=0)
    return Lock(mode=mode, days=days) if mode and days else None
