"""A shop to extract from: a real database, the embedded AWS, contracts and plans, and the job called as ECS does."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from data_platform.contracts.tokens import TokenKeys
from jobs.extraction import __main__ as job

ROOT = Path(__file__).resolve().parents[4]
CONTRACT = ROOT / "domains" / "aviation" / "airlines.odcs.yaml"
KEYS = TokenKeys(keys={1: "k" * 64, 2: "m" * 64})
DAY = "2026-01-05"
_LOGICAL = {
    "int": "integer",
    "bigint": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp",
}


def column(
    name: str, physical: str = "string", *, masking: str | None = None, pii: bool = False
) -> dict[str, Any]:
    """A column of a contract; `masking` is a method at landing."""
    extra = [{"property": "pii", "value": True}] if pii or masking else []
    if masking:
        extra.append({"property": "masking", "value": {"method": masking, "when": "landing"}})
    kind = physical.partition("(")[0]
    return {
        "name": name,
        "description": f"The column {name}",
        "logicalType": "number" if kind == "decimal" else _LOGICAL.get(kind, "string"),
        "physicalType": physical,
        "classification": "confidential" if extra else "internal",
        "customProperties": extra,
    }


def contract(name: str, columns: list[dict[str, Any]], key: str | None = "id") -> str:
    """The text of a contract with these columns."""
    value = yaml.safe_load(CONTRACT.read_text())
    value |= {"domain": "shop", "name": name}
    value["slaProperties"] = [
        one for one in value["slaProperties"] if not str(one.get("element", "")).startswith("airlines")
    ]
    for one in columns:
        if one["name"] == key:
            one |= {"required": True, "primaryKey": True, "primaryKeyPosition": 1}
    value["schema"] = [
        {
            "name": name,
            "physicalType": "table",
            "description": f"The table {name} of the shop.",
            "properties": columns,
        }
    ]
    return yaml.safe_dump(value, sort_keys=False)


@dataclass
class Aws:
    """Clients of the embedded AWS, and what raw holds."""

    endpoint: str
    clients: dict[str, Any]
    raw: str = ""

    def objects(self, prefix: str = "") -> list[str]:
        """The keys in raw."""
        found: list[str] = []
        for page in (
            self.clients["s3"].get_paginator("list_objects_v2").paginate(Bucket=self.raw, Prefix=prefix)
        ):
            found += [one["Key"] for one in page.get("Contents", [])]
        return found

    def body(self, key: str) -> bytes:
        return self.clients["s3"].get_object(Bucket=self.raw, Key=key)["Body"].read()


@dataclass
class Shop:
    """One database and one raw bucket of its own."""

    aws: Aws
    engine: str
    host: str
    port: int
    schema: str
    environment: dict[str, str] = field(default_factory=dict)
    plans: dict[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """The environment as ECS sets it."""
        return {
            "SOURCE_NAME": "shop",
            "SOURCE_ENGINE": self.engine,
            "SOURCE_HOST": self.host,
            "SOURCE_PORT": str(self.port),
            "SOURCE_DATABASE": "postgres" if self.engine == "postgres" else self.schema,
            "SOURCE_USER": "extractor",
            "SOURCE_AUTH": "secret",
            "SOURCE_SECRET_ARN": "shop-database",
            "SOURCE_STATEMENT_SECONDS": "120",
            "SOURCE_CONNECTIONS": "4",
            "SOURCE_ROWS_PER_SECOND": "0",
            "AWS_REGION": "ap-southeast-2",
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **self.environment,
        }

    def plan(
        self,
        name: str,
        columns: list[dict[str, Any]],
        *,
        key: str | None = "id",
        table: str | None = None,
        watermark: str | None = None,
        minutes: int = 60,
    ) -> None:
        """Put the compiled plan of a table into S3."""
        mark = {"column": watermark, "overlap_minutes": minutes} if watermark else None
        content = {
            "domain": "shop",
            "dataset": name,
            "method": "extractor",
            "extract": {
                "source": "shop",
                "table": f"{self.schema}.{table or name}",
                "read": "watermark" if mark else "full",
                "watermark": mark,
                "contract": contract(name, columns, key),
                "raw_bucket": self.aws.raw,
                "raw_prefix": f"{name}/source=shop/",
                "token_key": "token-key" if any("tokenize" in str(one) for one in columns) else None,
            },
        }
        self.plans[name] = f"s3://plans/{self.aws.raw}/{name}.json"
        self.aws.clients["s3"].put_object(
            Bucket="plans", Key=f"{self.aws.raw}/{name}.json", Body=json.dumps(content).encode()
        )

    def arguments(
        self,
        *names: str,
        extraction: str | None = None,
        since: dict[str, str] | None = None,
        workers: int = 2,
    ) -> list[str]:
        """The command's arguments."""
        given = [part for name in names or self.plans for part in ("--plan", self.plans[name])]
        given += [part for name, high in (since or {}).items() for part in ("--since", f"{name}={high}")]
        given += [
            "--date",
            DAY,
            "--extraction",
            extraction or uuid.uuid4().hex,
            "--workers",
            str(workers),
            "--json",
        ]
        return given

    def run(self, *names: str, **options: Any) -> int:
        """Call the job in this process."""
        before = dict(os.environ)
        os.environ.update(self.variables())
        try:
            return int(job.main(self.arguments(*names, **options)))
        finally:
            os.environ.clear()
            os.environ.update(before)

    def start(self, *names: str, **options: Any) -> subprocess.Popen[str]:
        """Call the job as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "jobs.extraction", *self.arguments(*names, **options)],
            cwd=ROOT,
            env={**os.environ, **self.variables(), "PYTHONPATH": f"{ROOT}:{ROOT / 'constructs'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def manifests(self) -> list[dict[str, Any]]:
        """What is committed."""
        return [json.loads(self.aws.body(key)) for key in self.aws.objects("_extractions/")]

    def table(self, name: str, manifest: dict[str, Any] | None = None) -> pa.Table:
        """The committed rows of a table, by the files that the manifest names."""
        if manifest is None:
            (manifest,) = self.manifests()
        files = manifest["tables"][name]["files"]
        tables = [pq.read_table(io.BytesIO(self.aws.body(file["key"]))) for file in files]
        return pa.concat_tables(tables)

    def rows(
        self, name: str, manifest: dict[str, Any] | None = None, *, by: str = "id"
    ) -> list[dict[str, Any]]:
        """The same as dicts, in the order of a column."""
        return self.table(name, manifest).sort_by(by).to_pylist()
