"""A topic for tests: a stream plan, records as the event source mapping sends them, a registry of real AWS calls."""

from __future__ import annotations

import base64
import io
import json
import uuid
import zlib
from typing import Any

import fastavro
from stream_loader import plan
from stream_loader.event import Batch, batches
from stream_loader.judge import Judge
from stream_loader.schemas import Schemas
from stream_loader.writers import Writers

TOPIC = "retail.orders.v1"
DEBEZIUM = "io.debezium.time"
DAY_MS = 86_400_000
NOON = 1_767_268_800_000  # 2026-01-01T12:00:00Z


def column(name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "required": False, "instant": False, "masking": None, **more}


def rule(kind: str, of: str, severity: str = "error", **argument: Any) -> dict[str, Any]:
    return {"id": f"retail.orders.{of}.{kind}", "kind": kind, "column": of, "severity": severity, **argument}


def plan_of(columns: list[dict[str, Any]], **more: Any) -> plan.Plan:
    content = {
        "dataset": "retail.orders",
        "kind": "changes",
        "topic": TOPIC,
        "dead_letters": f"{TOPIC}.dlq",
        "format": "avro",
        "registry": "stream",
        "source": "shop",
        "key": [columns[0]["name"]],
        "primary_key": [columns[0]["name"]],
        "columns": columns,
        "rules": [],
        "raw": {"bucket": "raw", "prefix": "orders/", "database": "raw", "table": "orders"},
        "statements": [],
        **more,
    }
    return plan.read(json.loads(json.dumps(content)))


def record_schema(**fields: Any) -> dict[str, Any]:
    listed = [{"name": name, "type": kind} for name, kind in fields.items()]
    return {"type": "record", "name": "Value", "namespace": TOPIC, "fields": listed}


def avro(schema: dict[str, Any], row: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), row)
    return stream.getvalue()


def framed(version: str, body: bytes, *, compressed: bool = False) -> bytes:
    head = bytes([3, 5 if compressed else 0]) + uuid.UUID(version).bytes
    return head + (zlib.compress(body) if compressed else body)


def headers(operation: str = "c", lsn: int | None = 7, **more: str) -> dict[str, bytes]:
    found = {"__op": operation, "__source_ts_ms": str(NOON), "__source_snapshot": "false"}
    if lsn is not None:
        found["__source_lsn"] = str(lsn)
    return {name: text.encode() for name, text in (found | more).items()}


def message(
    offset: int,
    key: bytes | None,
    value: bytes | None,
    said: dict[str, bytes] | None = None,
    *,
    partition: int = 0,
    timestamp: int = NOON,
) -> dict[str, Any]:
    """A record of the event: key and value in base64, headers as lists of bytes."""
    made: dict[str, Any] = {
        "topic": TOPIC,
        "partition": partition,
        "offset": offset,
        "timestamp": timestamp,
        "timestampType": "CREATE_TIME",
        "headers": [{name: list(value)} for name, value in (headers() if said is None else said).items()],
    }
    for name, content in (("key", key), ("value", value)):
        if content is not None:
            made[name] = base64.b64encode(content).decode()
    return made


def event(*records: dict[str, Any]) -> dict[str, Any]:
    by_partition: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        by_partition.setdefault(f"{record['topic']}-{record['partition']}", []).append(record)
    return {"eventSource": "aws:kafka", "records": by_partition}


def batch(*records: dict[str, Any]) -> Batch:
    [only] = batches(event(*records))
    return only


class Registry:
    """A registry of the embedded AWS with one subject, and what was asked of it."""

    def __init__(self, glue: Any, *, compatibility: str = "NONE") -> None:
        self.glue = glue
        self.name = f"stream-{uuid.uuid4().hex[:8]}"
        glue.create_registry(RegistryName=self.name)
        self._subject = {"RegistryName": self.name, "SchemaName": TOPIC}
        self._compatibility = compatibility
        self._made = False

    def version(self, schema: dict[str, Any] | str, data_format: str = "AVRO") -> str:
        """Register a schema; the id of its version."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        if not self._made:
            self._made = True
            answer = self.glue.create_schema(
                RegistryId={"RegistryName": self.name},
                SchemaName=TOPIC,
                DataFormat=data_format,
                Compatibility=self._compatibility,
                SchemaDefinition=text,
            )
        else:
            answer = self.glue.register_schema_version(SchemaId=self._subject, SchemaDefinition=text)
        return str(answer["SchemaVersionId"])

    def schemas(self, data_format: str = "avro") -> Schemas:
        return Schemas(self.glue, registry=self.name, subject=TOPIC, data_format=data_format)

    def judge(self, of: plan.Plan, token_keys: Any = None) -> Judge:
        return Judge(of, Writers(of, self.schemas(of.format)), token_keys)
