"""Contracts by hand, with only what storage reads."""

from __future__ import annotations

import pytest

from data_platform.contracts.model import (
    Dataset,
    Delivery,
    Domain,
    LoadMode,
    ObjectLock,
    Retention,
    Source,
)


@pytest.fixture
def dataset():
    def make(name="flights", *, lock_days=None, **retention):
        days = {
            "days": 2555,
            "glacier_instant_after_days": 90,
            "glacier_flexible_after_days": 180,
            "noncurrent_days": 30,
        }
        return Dataset(
            id=name,
            domain="aviation",
            name=name,
            version="1.0.0",
            status="active",
            description="",
            owner="",
            support_channel="",
            columns=(),
            primary_key=(),
            partition_spec=(),
            checks=(),
            foreign_keys=(),
            grants=(),
            retention=Retention(**{**days, **retention}),
            object_lock=ObjectLock(days=lock_days) if lock_days else None,
            source=Source(name="source", format="parquet", delivery=Delivery.DAILY),
            load_mode=LoadMode.PARTITION,
            deadline=None,
            freshness_seconds=None,
            path="",
        )

    return make


@pytest.fixture
def domain():
    return lambda *datasets: Domain(name="aviation", datasets=datasets)
