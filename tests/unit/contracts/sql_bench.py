"""Runs a compiled plan's SQL on DuckDB, as the embedded AWS does: a stand-in for Athena for the tests beside it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb
import sqlglot

from data_platform.contracts.compile_plan import compile_plan
from data_platform.contracts.erasure import REGISTER, REGISTER_COLUMNS
from data_platform.contracts.model import (
    Check,
    CheckKind,
    Column,
    Dataset,
    Delivery,
    Domain,
    ForeignKey,
    LoadMode,
    OnFailure,
    PartitionField,
    Retention,
    Severity,
    Source,
)
from data_platform.contracts.naming import Naming
from data_platform.contracts.tables import (
    candidate_columns,
    curated_columns,
    landed_columns,
    quarantine_columns,
    staged_columns,
)
from data_platform.contracts.types import trino_type
from local.athena import functions, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMING = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
DAY = "2013-01-01"


def column(name: str, physical: str = "string", source: str | None = None, **more: Any) -> Column:
    return Column(
        name=name,
        logical_type="string",
        physical_type=physical,
        source_type=source or physical,
        description=f"the {name}",
        **more,
    )


def check(
    kind: str, *columns: str, severity: str = "error", on_failure: str | None = "quarantine", **more: Any
) -> Check:
    name = more.pop("name", None)
    return Check(
        id=".".join(["aviation", "things", *columns, kind, *([name] if name else [])]),
        kind=CheckKind(kind),
        columns=columns,
        severity=Severity(severity),
        on_failure=OnFailure(on_failure) if on_failure and severity == "error" else None,
        dimension="conformity",
        description=f"{kind} of {columns}",
        limit=more.pop("limit", None),
        parameters=more,
    )


def dataset(
    *columns: Column,
    key: tuple[str, ...] = ("id",),
    checks: Sequence[Check] = (),
    mode: str = "partition",
    name: str = "things",
    foreign_keys: tuple[ForeignKey, ...] = (),
) -> Dataset:
    return Dataset(
        id=f"aviation-{name}",
        domain="aviation",
        name=name,
        version="1.0.0",
        status="active",
        description=name,
        owner="team",
        support_channel="#team",
        columns=columns,
        primary_key=key,
        partition_spec=(PartitionField(column=key[0], transform="bucket[4]"),),
        checks=tuple(checks),
        foreign_keys=foreign_keys,
        grants=(),
        retention=Retention(
            days=365, glacier_instant_after_days=None, glacier_flexible_after_days=None, noncurrent_days=30
        ),
        object_lock=None,
        source=Source(name="test", format="parquet", delivery=Delivery.DAILY),
        load_mode=LoadMode(mode),
        deadline=None,
        freshness_seconds=None,
        path=f"domains/aviation/{name}.odcs.yaml",
    )


@lru_cache(maxsize=1000)
def duckdb_sql(sql: str) -> str:
    (statement,) = sqlglot.transpile(sql, read="athena", write="duckdb")
    return statement


@lru_cache(maxsize=1000)
def engine_sql(sql: str) -> str:
    """As the embedded Athena translates it; its own functions are made when a statement names them."""
    return translate.to_duckdb(translate.parse(sql))


class Bench:
    """One DuckDB with the tables of some datasets; `load` does what the state machine does."""

    def __init__(self, *datasets: Dataset) -> None:
        self.domain = Domain(name="aviation", datasets=datasets)
        self.plans = {one.name: compile_plan(one, self.domain, NAMING) for one in datasets}
        self.datasets = {one.name: one for one in datasets}
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'; SET threads = 1")
        for zone in ("raw", "staged", "curated"):
            self.db.execute(f'CREATE SCHEMA "{NAMING.database(zone)}"')
        self._create("staged", REGISTER, REGISTER_COLUMNS)
        for one in datasets:
            raw = (*landed_columns(one),)
            self._create("raw", one.name, raw, extra=', "ingest_date" varchar, "$path" varchar')
            self._create("staged", one.name, staged_columns(one))
            self._create("staged", f"{one.name}_candidate", candidate_columns(one))
            self._create("staged", f"{one.name}_quarantine", quarantine_columns(one))
            self._create("curated", one.name, curated_columns(one))

    def _create(self, zone: str, table: str, columns: Sequence[Any], extra: str = "") -> None:
        parts = (
            f'"{one.name}" {trino_type(one.type)}{" NOT NULL" if one.required else ""}' for one in columns
        )
        ddl = f'CREATE TABLE "{NAMING.database(zone)}"."{table}" ({", ".join(parts)}{extra})'
        self.db.execute(ddl.replace("timestamp(6) with time zone", "timestamptz"))

    def athena(self, sql: str) -> list[dict[str, Any]]:
        return self._execute(engine_sql(sql))

    def _execute(self, statement: str) -> list[dict[str, Any]]:
        functions.define_used(self.db, statement)
        cursor = self.db.execute(statement)
        names = [one[0] for one in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def deliver(
        self, name: str, rows: Sequence[Sequence[Any]], *, day: str = DAY, path: str = "part-0"
    ) -> None:
        """Add rows to the raw files of a day."""
        table = f'"{NAMING.database("raw")}"."{name}"'
        for row in rows:
            marks = ", ".join("?" for _ in row)
            self.db.execute(f"INSERT INTO {table} VALUES ({marks}, ?, ?)", [*row, day, f"s3://{path}"])

    def withdraw(self, name: str, *, day: str = DAY) -> None:
        """Take all raw files of a day away."""
        self.db.execute(f'DELETE FROM "{NAMING.database("raw")}"."{name}" WHERE ingest_date = ?', [day])

    def run(self, name: str, step: str, *, day: str = DAY, run_id: str = "run-1") -> list[dict[str, Any]]:
        statement = engine_sql(self.plans[name]["sql"][step])
        return self._execute(statement.replace("{ingest_date}", day).replace("{run_id}", run_id))

    def judge(
        self, name: str = "things", *, day: str = DAY, run_id: str = "run-1"
    ) -> dict[str, dict[str, Any]]:
        """The gate's answer by check id, after filling the candidate."""
        self.run(name, "clear_candidate", day=day)
        self.run(name, "candidate", day=day, run_id=run_id)
        return {row["check_id"]: row for row in self.run(name, "gate", day=day, run_id=run_id)}

    def load(self, name: str = "things", *, day: str = DAY, run_id: str = "run-1") -> dict[str, int]:
        """One whole run; the counts of the day."""
        self.judge(name, day=day, run_id=run_id)
        for step in ("quarantine", "staged", "publish"):
            self.run(name, step, day=day, run_id=run_id)
        return self.run(name, "count", day=day)[0]

    def rows(self, table: str, columns: str = "*", *, zone: str = "staged") -> list[tuple[Any, ...]]:
        return self.db.execute(
            f'SELECT {columns} FROM "{NAMING.database(zone)}"."{table}" ORDER BY ALL'
        ).fetchall()
