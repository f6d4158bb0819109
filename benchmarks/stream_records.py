"""The records of the loader's benchmark: changes of orders as Debezium and Glue's serializer write them."""

from __future__ import annotations

import base64
import io
import json
import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import fastavro

if TYPE_CHECKING:
    from collections.abc import Iterator

TOPIC = "retail.orders.v1"
VERSION = bytes(range(16))
BATCH = 10_000  # records, as much as an event source mapping sends at once
_NOON_MS = 1_767_268_800_000
_DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}


def _or_null(kind: Any) -> dict[str, Any]:
    return {"type": ["null", kind], "default": None}


SCHEMA = {
    "type": "record",
    "name": "Value",
    "namespace": TOPIC,
    "fields": [
        {"name": "order_id", "type": "long"},
        {"name": "customer_id", "type": "long"},
        {"name": "status", "type": "string"},
        {"name": "channel", **_or_null("string")},
        {"name": "total", "type": _DECIMAL},
        {"name": "discount", **_or_null(_DECIMAL)},
        {"name": "ordered_on", "type": {"type": "int", "connect.name": "io.debezium.time.Date"}},
        {"name": "placed_at", "type": {"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"}},
        {"name": "changed_at", "type": {"type": "string", "connect.name": "io.debezium.time.ZonedTimestamp"}},
        {"name": "items", **_or_null("int")},
        {"name": "express", "type": "boolean"},
        {"name": "note", **_or_null("string")},
    ],
}
_TYPES = {
    "order_id": "bigint",
    "customer_id": "bigint",
    "status": "string",
    "channel": "string",
    "total": "decimal(12,2)",
    "discount": "decimal(12,2)",
    "ordered_on": "date",
    "placed_at": "timestamp",
    "changed_at": "timestamp",
    "items": "int",
    "express": "boolean",
    "note": "string",
}
_RULES = (
    {"kind": "required", "column": "order_id"},
    {"kind": "required", "column": "total"},
    {"kind": "values", "column": "status", "values": ["open", "paid", "sent"]},
    {"kind": "minimum", "column": "total", "value": 0},
    {"kind": "pattern", "column": "channel", "pattern": "^[a-z]+$"},
    {"kind": "maxLength", "column": "note", "value": 200},
)


def plan() -> dict[str, Any]:
    """The stream plan of these orders."""
    columns = [
        {
            "name": name,
            "type": kind,
            "text_in_raw": kind == "timestamp",
            "required": False,
            "instant": name == "changed_at",
            "masking": None,
        }
        for name, kind in _TYPES.items()
    ]
    rules = [{"id": f"orders.{place}", "severity": "error", **rule} for place, rule in enumerate(_RULES)]
    return {
        "dataset": "retail.orders",
        "kind": "changes",
        "topic": TOPIC,
        "dead_letters": f"{TOPIC}.dlq",
        "format": "avro",
        "registry": "stream",
        "source": "shop",
        "key": ["order_id"],
        "columns": columns,
        "rules": rules,
        "raw": {"bucket": "raw", "prefix": "orders/"},
        "statements": [],
    }


def bodies(count: int) -> list[bytes]:
    """Values in Avro, without a frame."""
    choose = random.Random(7)  # noqa: S311 - the same records each time
    schema = fastavro.parse_schema(SCHEMA)
    return [_written(schema, _row(number, choose)) for number in range(count)]


def events(values: list[bytes], total: int) -> Iterator[dict[str, Any]]:
    """Events as Lambda hands them to the function, one after the other, of as many records.

    Args:
        values: Used again and again.
        total: Records altogether.
    """
    for first in range(0, total, BATCH):
        records = [
            _record(offset, values[offset % len(values)])
            for offset in range(first, min(first + BATCH, total))
        ]
        yield {"eventSource": "aws:kafka", "records": {f"{TOPIC}-0": records}}


def _record(offset: int, body: bytes) -> dict[str, Any]:
    said = {
        "__op": "c",
        "__source_lsn": str(24_000_000 + offset),
        "__source_ts_ms": str(_NOON_MS + offset),
        "__source_snapshot": "false",
    }
    return {
        "topic": TOPIC,
        "partition": 0,
        "offset": offset,
        "timestamp": _NOON_MS + offset,
        "timestampType": "CREATE_TIME",
        "key": base64.b64encode(json.dumps({"order_id": offset}).encode()).decode(),
        "value": base64.b64encode(b"\x03\x00" + VERSION + body).decode(),
        "headers": [{name: list(text.encode())} for name, text in said.items()],
    }


def _row(number: int, choose: random.Random) -> dict[str, Any]:
    return {
        "order_id": number,
        "customer_id": choose.randrange(10**6),
        "status": choose.choice(["open", "paid", "sent"]),
        "channel": choose.choice([None, "web", "shop"]),
        "total": Decimal(choose.randrange(10**7)) / 100,
        "discount": None if number % 3 else Decimal("1.25"),
        "ordered_on": 20_000 + number % 1000,
        "placed_at": 1_767_225_600_000_000 + number * 1_000_003,
        "changed_at": f"2026-01-0{number % 9 + 1}T00:00:0{number % 10}.123456Z",
        "items": number % 10,
        "express": number % 2 == 0,
        "note": None if number % 2 else "n" * choose.randrange(40),
    }


def _written(schema: Any, row: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, schema, row)
    return stream.getvalue()
