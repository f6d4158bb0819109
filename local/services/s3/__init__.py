"""S3: every property of the zone buckets, real SSE-KMS, conditions on transport and key, access logs."""

from __future__ import annotations

from local.services.s3 import (
    access_logs,
    bucket_policy,
    bucket_resource,
    conditions,
    encryption,
    locks,
    replication,
)


def install() -> None:
    """Install all parts."""
    encryption.install()
    conditions.install()
    locks.install()
    access_logs.install()
    replication.install()
    bucket_resource.install()
    bucket_policy.install()
