"""The platform's side of the quality gate benchmark: a contract's compiled gate over a Parquet file, on DuckDB.

A whole process: compile the contract, translate Athena's SQL as the embedded AWS does, run it, print the verdicts.
"""

from __future__ import annotations

import json
import sys
import tempfile

import duckdb
import sqlglot

from data_platform.contracts.compile_plan import compile_plan
from data_platform.contracts.model import (
    Check,
    CheckKind,
    Column,
    Dataset,
    Delivery,
    Domain,
    Limit,
    LoadMode,
    OnFailure,
    Retention,
    Severity,
    Source,
)
from data_platform.contracts.naming import Naming

NAMING = Naming(organisation="dp", environment="local", domain="bench", account="000000000000")
# Below this DuckDB spills; the rest of 0.6 GB is Python, DuckDB's buffers for reading and the libraries.
MEMORY_LIMIT = "320MB"
THREADS = 2


def _column(name: str, physical_type: str) -> Column:
    return Column(
        name=name,
        logical_type="string",
        physical_type=physical_type,
        source_type=physical_type,
        description=name,
    )


def _check(kind: CheckKind, *columns: str, limit: Limit | None = None, **parameters: object) -> Check:
    return Check(
        id=".".join(["bench.orders", *columns, kind.value]),
        kind=kind,
        columns=columns,
        severity=Severity.ERROR,
        on_failure=OnFailure.STOP,
        dimension="conformity",
        description=kind.value,
        limit=limit,
        parameters=dict(parameters),
    )


def contract(rows: int) -> Dataset:
    """The contract whose checks `quality_gate_gx.py` makes too, one expectation a check."""
    checks = (
        _check(CheckKind.NULL, "order_id"),
        _check(CheckKind.NULL, "customer_id", limit=Limit(operator="<=", value=1, unit="percent")),
        _check(CheckKind.UNIQUE, "order_id", columns=("order_id",)),
        _check(CheckKind.RANGE, "amount", minimum=0, maximum=100000),
        _check(CheckKind.ACCEPTED, "status", values=("NEW", "PAID", "SENT", "DONE")),
        _check(CheckKind.PATTERN, "email", regex="^[a-z0-9]+@[a-z]+[.]com$"),
        _check(CheckKind.LENGTH, "email", minimum=5, maximum=40),
        _check(
            CheckKind.DISTRIBUTION,
            "amount",
            statistic="mean",
            limit=Limit(operator="between", value=100, upper=900, unit="value"),
        ),
        _check(
            CheckKind.FRESHNESS,
            "updated_at",
            column="updated_at",
            limit=Limit(operator="<=", value=86400, unit="seconds"),
        ),
        _check(CheckKind.VOLUME, limit=Limit(operator="between", value=rows, upper=rows)),
    )
    return Dataset(
        id="bench-orders",
        domain="bench",
        name="orders",
        version="1.0.0",
        status="active",
        description="orders",
        owner="bench",
        support_channel="#bench",
        columns=(
            _column("order_id", "bigint"),
            _column("customer_id", "int"),
            _column("amount", "double"),
            _column("status", "string"),
            _column("email", "string"),
            _column("updated_at", "timestamp"),
        ),
        primary_key=("order_id",),
        partition_spec=(),
        checks=checks,
        foreign_keys=(),
        grants=(),
        retention=Retention(
            days=365, glacier_instant_after_days=None, glacier_flexible_after_days=None, noncurrent_days=30
        ),
        object_lock=None,
        source=Source(name="bench", format="parquet", delivery=Delivery.DAILY),
        load_mode=LoadMode.PARTITION,
        deadline=None,
        freshness_seconds=None,
        path="bench/orders.odcs.yaml",
    )


def main(path: str, rows: int) -> None:
    """Run the gate over the file and print the verdict of each check."""
    dataset = contract(rows)
    gate = compile_plan(dataset, Domain(name="bench", datasets=(dataset,)), NAMING)["sql"]["gate"]
    (sql,) = sqlglot.transpile(gate, read="athena", write="duckdb")
    with tempfile.TemporaryDirectory() as spill:
        database = duckdb.connect()
        database.execute(
            f"SET memory_limit = '{MEMORY_LIMIT}'; SET threads = {THREADS}; SET TimeZone = 'UTC'"
        )
        database.execute(f"SET temp_directory = '{spill}'; SET preserve_insertion_order = false")
        for zone, table in (("raw", "orders"), ("staged", "orders_candidate")):
            schema = f'"{NAMING.database(zone)}"'
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
            database.execute(f"CREATE VIEW {schema}.{table} AS SELECT * FROM read_parquet('{path}')")
        answer = database.execute(sql.replace("{ingest_date}", "2026-01-01").replace("{run_id}", "run-1"))
        print(json.dumps([[row[0], row[5], row[8]] for row in answer.fetchall()]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
