"""A DuckDB with the tables of a streamed dataset, as a stand-in for Athena: files of raw rows, and the plan's merge."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import duckdb
from sql_bench import NAMING, column, dataset, engine_sql

from data_platform.contracts.erasure import REGISTER, REGISTER_COLUMNS
from data_platform.contracts.stream_plan import stream_plan
from data_platform.contracts.streams import Stream
from data_platform.contracts.tables import (
    STREAM_COLUMNS,
    curated_columns,
    deleted_columns,
    landed_columns,
    staged_columns,
    window_columns,
)
from data_platform.contracts.types import trino_type
from local.athena import functions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset

DAY = "2026-01-05"


def things(*, events: bool = False, **more: Any) -> Dataset:
    """A dataset `aviation.things` of the key `id` and a text, whose rows a stream brings."""
    made = dataset(column("id", "bigint", required=True), column("what"))
    topic = "aviation.things.v1"
    stream = Stream(
        topic=topic,
        dead_letters=f"{topic}.dlq",
        partitions=1,
        retention_ms=604_800_000,
        dead_letter_retention_ms=1_209_600_000,
        cleanup=("delete",),
        key=("id",),
        format="avro",
        compatibility="BACKWARD_ALL",
    )
    source = dataclasses.replace(made.source, method="delivery" if events else "cdc")
    return dataclasses.replace(
        made, source=source, stream=stream, physical_type="topic" if events else "table", **more
    )


class StreamRows:
    """The tables, empty at first.

    Args:
        streamed: The dataset.
        statements: SQL by table, in order; the plan's own unless given.
    """

    def __init__(self, streamed: Dataset, statements: dict[str, str] | None = None) -> None:
        self.plan = stream_plan(streamed, NAMING)
        self.statements = statements or {each["name"]: each["sql"] for each in self.plan["statements"]}
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'; SET threads = 1")
        for zone in ("raw", "staged", "curated"):
            self.db.execute(f'CREATE SCHEMA "{NAMING.database(zone)}"')
        self._names = [one.name for one in landed_columns(streamed)]
        self._create("raw", "things", landed_columns(streamed), ', "ingest_date" varchar, "$path" varchar')
        self._create("staged", "things", staged_columns(streamed))
        self._create("staged", "things_deleted", deleted_columns(streamed))
        self._create("staged", REGISTER, REGISTER_COLUMNS)
        self._create("curated", "things", curated_columns(streamed))
        for window in streamed.windows:
            self._create("curated", f"things_{window.name}", window_columns(streamed, window))
        self._offset = 0

    def _create(self, zone: str, table: str, columns: Sequence[Any], extra: str = "") -> None:
        parts = (
            f'"{one.name}" {trino_type(one.type)}{" NOT NULL" if one.required else ""}' for one in columns
        )
        ddl = f'CREATE TABLE "{NAMING.database(zone)}"."{table}" ({", ".join(parts)}{extra})'
        self.db.execute(ddl.replace("timestamp(6) with time zone", "timestamptz"))

    def write(self, path: str, rows: Sequence[tuple[str, int, dict[str, Any]]], *, day: str = DAY) -> None:
        """A file of rows: what happened (r c u d), at which place, with which values."""
        assert len(STREAM_COLUMNS) == 7
        for operation, place, values in rows:
            fixed = {
                "_operation": operation,
                "_position": f"{place:020d}",
                "_committed_at": "2026-01-05 00:00:00",
                "_topic": "aviation.things.v1",
                "_partition": 0,
                "_offset": self._offset,
            }
            self._offset += 1
            row = [{**fixed, **values}.get(name) for name in self._names]
            marks = ", ".join("?" for _ in row)
            table = f'"{NAMING.database("raw")}"."things"'
            self.db.execute(f"INSERT INTO {table} VALUES ({marks}, ?, ?)", [*row, day, path])

    def merge(self, *paths: str, days: Sequence[str] = (DAY,)) -> None:
        """What the loader does with some files."""
        for sql in self.statements.values():
            given = {"{paths}": paths, "{days}": days, "{run}": ["run-1"]}
            statement = engine_sql(
                re.sub(r"\{(paths|days|run)\}", r"'\g<0>'", sql)
            )  # translated once, for any files
            for name, values in given.items():
                statement = statement.replace(f"'{name}'", ", ".join(f"'{value}'" for value in values))
            functions.define_used(self.db, statement)
            self.db.execute(statement)

    def rows(self, zone: str, table: str = "things", columns: str = '"id", "what"') -> list[tuple[Any, ...]]:
        """Some columns of a table, in order."""
        return self.db.execute(
            f'SELECT {columns} FROM "{NAMING.database(zone)}"."{table}" ORDER BY ALL'
        ).fetchall()
