"""The storage of a domain: raw, staged, curated and sandbox under one key."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.contracts.naming import RESULTS_PREFIX
from data_platform.storage.ageing import raw_ageing, scratch_ageing, table_ageing
from data_platform.storage.lock import lock_of
from data_platform.storage.zone import Zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from data_platform.storage.lock import Lock, LockMode

ZONES = ("raw", "staged", "curated", "sandbox")
LONGEST_BUCKET_NAME = 63
_PACKS_ON_REPLICATION = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


class DomainStorage(Construct):
    """The four zones of a domain.

    Raw holds what arrived, immutable and, if a contract asks, locked; staged holds typed Iceberg tables;
    curated what consumers read; sandbox what anybody can make again, query results included.

    Args:
        scope: The construct that owns the storage.
        construct_id: Name within its scope.
        domain: The domain and its contracts, which say retention and lock.
        naming: Physical names.
        key: The domain's key.
        removal_policy: Whether the buckets outlive their stack.
        lock_mode: Mode of the lock that contracts may ask for; None locks nothing.
        noncurrent_days: Most days that overwritten versions are kept.
        sandbox_expire_days: Age at which sandbox objects go.
        athena_results_expire_days: Age at which query results go.
        incomplete_upload_days: Age at which unfinished uploads go.
        access_logs: Name of the environment's bucket for access logs, which exists before these.
        access_log_prefix: Under which logs lie there.

    Attributes:
        buckets: Bucket by zone: raw, staged, curated, sandbox.
    """

    buckets: Mapping[str, s3.IBucket]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        domain: Domain,
        naming: Naming,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        lock_mode: LockMode | None,
        noncurrent_days: int,
        sandbox_expire_days: int,
        athena_results_expire_days: int,
        incomplete_upload_days: int,
        access_logs: str,
        access_log_prefix: str,
    ) -> None:
        super().__init__(scope, construct_id)
        _check_bucket_names(naming)
        self._naming, self._key, self._removal_policy = naming, key, removal_policy
        uploads = incomplete_upload_days
        self._logs, self._log_prefix = access_logs, access_log_prefix
        tables = table_ageing(
            noncurrent_days=domain.table_noncurrent_days(noncurrent_days), incomplete_upload_days=uploads
        )
        ageing: dict[str, list[s3.LifecycleRule]] = {
            "raw": raw_ageing(
                domain.datasets, noncurrent_days=noncurrent_days, incomplete_upload_days=uploads
            ),
            "staged": tables,
            "curated": tables,
            "sandbox": scratch_ageing(
                expire_days=sandbox_expire_days,
                shorter_prefixes={RESULTS_PREFIX: athena_results_expire_days},
                incomplete_upload_days=uploads,
            ),
        }
        locks = {"raw": lock_of(domain.datasets, lock_mode)}
        self.buckets = MappingProxyType(
            {zone: self._zone(zone, rules, locks.get(zone)) for zone, rules in ageing.items()}
        )
        self._acknowledge_single_region()

    def _zone(self, zone: str, ageing: Sequence[s3.LifecycleRule], lock: Lock | None) -> s3.IBucket:
        return Zone(
            self,
            zone.title(),
            name=self._naming.bucket(zone),
            key=self._key,
            access_logs=self._logs,
            access_log_prefix=self._log_prefix,
            ageing=ageing,
            removal_policy=self._removal_policy,
            lock=lock,
        ).bucket

    def _acknowledge_single_region(self) -> None:
        acknowledge(
            self,
            *(f"{pack}::{pack}-S3BucketReplicationEnabled" for pack in _PACKS_ON_REPLICATION),
            reason="Data stays in ap-southeast-2, in three zones, with versions; raw is locked when a contract asks, "
            "any object can be put under a legal hold. Staged and curated can be rebuilt from raw, and a copy of "
            "personal data elsewhere would be one more place that an erasure must reach.",
        )


def _check_bucket_names(naming: Naming) -> None:
    longest = max((naming.bucket(zone) for zone in ZONES), key=len)
    excess = len(longest) - LONGEST_BUCKET_NAME
    if excess > 0:
        raise ValueError(
            f"domain {naming.domain!r} in environment {naming.environment!r}: the bucket name {longest!r} is "
            f"too long. Allowed: {LONGEST_BUCKET_NAME} characters. Mend: shorten the name of the domain (its "
            f"folder under domains/) or of the environment by {excess}."
        )
