"""Lifecycle rules: how bytes get cold and go, per zone, from the contracts' retention.

Raw files are immutable and each dataset has its own prefix, so S3 may move and delete them by age. Staged and
curated hold Iceberg tables: an old data file may be a live part of today's table, so deleting it by age
breaks the table, and one that lies in Glacier Flexible breaks every query that touches it. There S3 only
clears what Iceberg has already let go (noncurrent versions, unfinished uploads); rows leave through SQL and
snapshot expiry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3

from data_platform.contracts.naming import EXTRACTIONS, REPLICATIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data_platform.contracts.model import Dataset, Retention

# What DMS wrote is copied to its dataset within the same run.
_COPIED_DAYS = 7


def raw_ageing(
    datasets: Iterable[Dataset], *, noncurrent_days: int, incomplete_upload_days: int
) -> list[s3.LifecycleRule]:
    """One rule a dataset: Glacier Instant Retrieval, then Flexible, then the end, as its contract says.

    Manifests of extractions stay as long as the longest of the datasets that they tell of.
    """
    known = list(datasets)
    rules = [
        s3.LifecycleRule(
            id=f"{dataset.name}-retention",
            prefix=f"{dataset.name}/",
            transitions=_transitions(dataset.retention) or None,
            expiration=cdk.Duration.days(dataset.retention.days),
            noncurrent_version_expiration=cdk.Duration.days(
                min(dataset.retention.noncurrent_days, noncurrent_days)
            ),
        )
        for dataset in known
    ]
    extracted = [dataset.retention for dataset in known if dataset.extracted]
    if extracted:
        rules.append(
            s3.LifecycleRule(
                id="extractions-retention",
                prefix=EXTRACTIONS,
                expiration=cdk.Duration.days(max(each.days for each in extracted)),
                noncurrent_version_expiration=cdk.Duration.days(
                    min(*(each.noncurrent_days for each in extracted), noncurrent_days)
                ),
            )
        )
    if any(dataset.source.method == "dms" for dataset in known):
        rules.append(
            s3.LifecycleRule(
                id="replications-retention",
                prefix=REPLICATIONS,
                expiration=cdk.Duration.days(_COPIED_DAYS),
                noncurrent_version_expiration=cdk.Duration.days(1),
            )
        )
    return [*rules, _unfinished_uploads(incomplete_upload_days)]


def table_ageing(*, noncurrent_days: int, incomplete_upload_days: int) -> list[s3.LifecycleRule]:
    """For Iceberg tables: only what no snapshot refers to any more."""
    return [
        s3.LifecycleRule(
            id="noncurrent-versions",
            noncurrent_version_expiration=cdk.Duration.days(noncurrent_days),
            expired_object_delete_marker=True,
        ),
        _unfinished_uploads(incomplete_upload_days),
    ]


def scratch_ageing(
    *, expire_days: int, shorter_prefixes: dict[str, int], incomplete_upload_days: int
) -> list[s3.LifecycleRule]:
    """For what anybody can make again: everything expires, some prefixes sooner."""
    one_day = cdk.Duration.days(1)
    sooner = [
        s3.LifecycleRule(
            id=f"{prefix.strip('/')}-expiry",
            prefix=prefix,
            expiration=cdk.Duration.days(days),
            noncurrent_version_expiration=one_day,
        )
        for prefix, days in shorter_prefixes.items()
    ]
    everything = s3.LifecycleRule(
        id="expiry", expiration=cdk.Duration.days(expire_days), noncurrent_version_expiration=one_day
    )
    return [*sooner, everything, _unfinished_uploads(incomplete_upload_days)]


def _transitions(retention: Retention) -> list[s3.Transition]:
    steps = (
        (s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, retention.glacier_instant_after_days),
        (s3.StorageClass.GLACIER, retention.glacier_flexible_after_days),
    )
    return [
        s3.Transition(storage_class=storage_class, transition_after=cdk.Duration.days(days))
        for storage_class, days in steps
        if days is not None
    ]


def _unfinished_uploads(days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="unfinished-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(days)
    )
