"""The function reads its environment and its plan once, and says what it did with a batch."""

from __future__ import annotations

import io
import json
import uuid
from types import SimpleNamespace

import boto3
import pyarrow.parquet as pq
import pytest
from stream_loader import handler

from tests.stream_records import avro, column, event, framed, message, record_schema

SCHEMA = record_schema(order_id="long")
CONTEXT = SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: 60_000)


@pytest.fixture
def deployed(aws, registry, monkeypatch):
    """The function's environment, and what it needs, in the embedded AWS."""
    unique = uuid.uuid4().hex[:8]
    names = {
        "STREAM_PLAN_BUCKET": f"lake-{unique}",
        "LEDGER_TABLE": f"ledger-{unique}",
        "WORKGROUP": "primary",
    }
    place = {"LocationConstraint": "ap-southeast-2"}
    aws.client("s3").create_bucket(Bucket=names["STREAM_PLAN_BUCKET"], CreateBucketConfiguration=place)
    keys = {"dataset": "HASH", "ingest_date": "RANGE"}
    aws.client("dynamodb").create_table(
        TableName=names["LEDGER_TABLE"],
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
    )
    plan = {
        "dataset": "retail.orders",
        "kind": "changes",
        "topic": "retail.orders.v1",
        "dead_letters": "retail.orders.v1.dlq",
        "format": "avro",
        "registry": registry.name,
        "source": "shop",
        "key": ["order_id"],
        "columns": [column("order_id", "bigint")],
        "rules": [],
        "raw": {"bucket": names["STREAM_PLAN_BUCKET"], "prefix": "orders/"},
        "statements": [],
    }
    body = json.dumps(plan).encode()
    aws.client("s3").put_object(Bucket=names["STREAM_PLAN_BUCKET"], Key="plan.json", Body=body)
    names |= {"STREAM_PLAN_KEY": "plan.json", "CLUSTER_ARN": "arn:aws:kafka:ap-southeast-2:1:cluster/shop/1"}
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "client", aws.client)
    handler._loader.cache_clear()
    yield names
    handler._loader.cache_clear()


def test_a_batch_lands_in_raw_under_its_day_and_its_first_offset(deployed, registry, aws):
    version = registry.version(SCHEMA)
    records = [
        message(n, b'{"order_id": 1}', framed(version, avro(SCHEMA, {"order_id": n}))) for n in range(3)
    ]

    done = handler.handle(event(*records), CONTEXT)
    again = handler.handle(event(*records), CONTEXT)

    assert (done["records"], done["rows"], again["duplicates"]) == (3, 3, 3)
    key = "orders/source=shop/ingest_date=2026-01-01/run_id=p0-o00000000000000000000/changes.parquet"
    stored = aws.client("s3").get_object(Bucket=deployed["STREAM_PLAN_BUCKET"], Key=key)["Body"].read()
    assert pq.read_table(io.BytesIO(stored)).column("order_id").to_pylist() == [0, 1, 2]


def test_the_ledger_keeps_counts_of_all_batches(deployed, registry, aws):
    version = registry.version(SCHEMA)
    records = [
        message(n, b'{"order_id": 1}', framed(version, avro(SCHEMA, {"order_id": n}))) for n in range(5)
    ]

    handler.handle(event(*records[:2]), CONTEXT)
    handler.handle(event(*records[1:]), CONTEXT)

    key = {"dataset": {"S": "stream:retail.orders.v1"}, "ingest_date": {"S": "partition:0"}}
    item = aws.client("dynamodb").get_item(TableName=deployed["LEDGER_TABLE"], Key=key)["Item"]
    found = {
        name: item[name]["N"] for name in ("next_offset", "merged_offset", "records", "rows", "duplicates")
    }
    assert found == {"next_offset": "5", "merged_offset": "3", "records": "5", "rows": "5", "duplicates": "1"}
