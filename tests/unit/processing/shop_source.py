"""Databases as a state machine sees them."""

from data_platform.processing.replicated import ReplicatedParts
from data_platform.processing.sources import SourceParts

SHOP = SourceParts(
    name="shop",
    datasets=("airlines", "flights"),
    watermarked=("flights",),
    task_definition_arn="arn:extract:1",
    container="extractor",
    log_group="/dp-test-aviation-extract-shop",
    log_prefix="extractor",
    security_group_ids=("sg-extractor",),
    workers=2,
    concurrency=2,
    alarms=("dp-test-aviation-shop-cpu-high", "dp-test-aviation-shop-connections-high"),
    busy_seconds=600,
    task_seconds=3600,
    bucket="raw",
    environment={"SOURCE_NAME": "shop"},
)
COPIED = ReplicatedParts(
    name="tower",
    engine="postgres",
    tables={"airports": "public.airports", "weather": "public.weather"},
    replication="arn:aws:dms:r:a:replication-config:TOWER",
    alarms=("dp-test-aviation-tower-cpu-high",),
    busy_seconds=600,
    task_seconds=3600,
    bucket="raw",
)
