"""The merge of a stream's files, as the loader sends it, on the embedded Athena: Parquet in S3, Iceberg tables."""

from __future__ import annotations

import datetime as dt
import io
import re
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.contracts.model import Masking
from data_platform.contracts.naming import Naming
from data_platform.contracts.sensitivity import table_columns
from data_platform.contracts.stream_plan import stream_plan
from data_platform.contracts.table_kinds import kinds_of, table_name, zone_of
from data_platform.contracts.tables import partition_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

sys.path.insert(0, str(Path(__file__).parents[2] / "contracts"))

from sql_bench import column
from stream_rows import things

LAKE = "athena-lake"
FIRST, SECOND = "2026-01-05", "2026-01-06"
COMMITTED = dt.datetime(2026, 1, 5, 10)  # noqa: DTZ001 - raw holds UTC without saying so
_TYPES = {"string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "timestamp": pa.timestamp("us")}


class Lake:
    """The tables of a streamed dataset, made as the catalogue makes them."""

    def __init__(self, athena: Any) -> None:
        self.athena = athena
        self.naming = Naming(
            organisation="dp",
            environment=f"e{uuid.uuid4().hex[:6]}",
            domain="aviation",
            account="111111111111",
        )
        self.dataset = things(
            columns=(
                column("id", "int", "string", required=True, primary_key_position=1),
                column("what"),
                column("mail", masking=Masking(method="redact", when="query"), masked_name="mail_masked"),
            )
        )
        self.statements = [each["sql"] for each in stream_plan(self.dataset, self.naming)["statements"]]
        for zone in ("raw", "staged", "curated"):
            athena.run(f"CREATE DATABASE {self.naming.database(zone)}")
        for kind in kinds_of(self.dataset):
            self._create(kind)

    def _create(self, kind: str) -> None:
        columns = [one for one in table_columns(self.dataset, kind) if one.name != "ingest_date"]
        listed = ", ".join(f"`{one.name}` {one.type}" for one in columns)
        place = f"s3://{LAKE}/{self.naming.prefix}/{zone_of(kind)}/{table_name('things', kind)}/"
        name = f"{self.naming.database(zone_of(kind))}.{table_name('things', kind)}"
        if kind == "raw":
            self.athena.run(
                f"CREATE EXTERNAL TABLE {name} ({listed}) PARTITIONED BY (ingest_date string) STORED AS PARQUET "
                f"LOCATION '{place}' TBLPROPERTIES ('projection.enabled'='true', 'projection.ingest_date.type'='date', "
                "'projection.ingest_date.format'='yyyy-MM-dd', 'projection.ingest_date.range'='2000-01-01,NOW+1DAYS', "
                f"'storage.location.template'='{place}source=shop/ingest_date=${{ingest_date}}/')"
            )
            return
        fields = ", ".join(
            f"bucket({field.transform[7:-1]}, {field.column})"
            for field in partition_fields(self.dataset, kind)
        )
        by = f"PARTITIONED BY ({fields})" if fields else ""
        self.athena.run(
            f"CREATE TABLE {name} ({listed}) {by} LOCATION '{place}' TBLPROPERTIES ('table_type'='ICEBERG')"
        )

    def write(self, first: int, rows: Sequence[tuple[str, int, dict[str, Any]]], *, day: str = FIRST) -> str:
        """A file of raw as the loader writes it: what happened, where in the log, with which values; its path."""
        beside = {"_topic": "aviation.things.v1", "_partition": 0, "_committed_at": COMMITTED}
        found = [
            beside
            | {"_operation": operation, "_position": f"{place:020d}", "_offset": first + number}
            | values
            for number, (operation, place, values) in enumerate(rows)
        ]
        columns = [one for one in table_columns(self.dataset, "raw") if one.name != "ingest_date"]
        table = pa.table(
            {one.name: pa.array([row.get(one.name) for row in found], _TYPES[one.type]) for one in columns}
        )
        sink = io.BytesIO()
        pq.write_table(table, sink, compression="zstd")
        key = f"{self.naming.prefix}/raw/things/source=shop/ingest_date={day}/run_id=p0-o{first:020d}/changes.parquet"
        self.athena.client("s3").put_object(Bucket=LAKE, Key=key, Body=sink.getvalue())
        return f"s3://{LAKE}/{key}"

    def merge(self, *paths: str, days: Sequence[str] = (FIRST,), run: str = "run-1") -> list[Any]:
        """What the loader does with some files; Athena's answers."""
        said = {"paths": paths, "days": days, "run": [run]}
        literals = {name: ", ".join(f"'{value}'" for value in values) for name, values in said.items()}
        return [
            self.athena.run(re.sub(r"\{(paths|days|run)\}", lambda found: literals[found[1]], sql))
            for sql in self.statements
        ]

    def rows(self, kind: str, columns: str) -> list[list[str | None]]:
        name = f'"{self.naming.database(zone_of(kind))}"."{table_name("things", kind)}"'
        return self.athena.rows(f"SELECT {columns} FROM {name} ORDER BY 1")


@pytest.fixture
def lake(athena: Any) -> Lake:
    return Lake(athena)


def row(key: int, what: str | None = None, mail: str | None = None) -> dict[str, Any]:
    return {"id": str(key), "what": what, "mail": mail}


def test_changes_of_two_days_leave_in_staged_and_curated_what_the_source_holds(lake):
    first = lake.write(0, [("r", 9, row(1, "a", "a@b")), ("r", 9, row(2, "b")), ("c", 11, row(3, "c"))])
    lake.merge(first)
    second = lake.write(3, [("u", 20, row(1, "A", "a@b")), ("d", 21, row(2)), ("d", 22, row(3))], day=SECOND)
    third = lake.write(6, [("c", 22, row(4, "c"))], day=SECOND)
    lake.merge(second, third, days=(SECOND,), run="run-2")

    assert lake.rows("staged", '"id", "what", "mail", "_position", "_ingest_date", "_run_id"') == [
        ["1", "A", "a@b", f"{20:020d}", SECOND, "run-2"],
        ["4", "c", None, f"{22:020d}", SECOND, "run-2"],
    ]
    assert lake.rows("curated", '"id", "what", "mail", "mail_masked"') == [
        ["1", "A", "a@b", "[redacted]"],
        ["4", "c", None, None],
    ]
    assert lake.rows("deleted", '"id", "_position"') == [["2", f"{21:020d}"], ["3", f"{22:020d}"]]


def test_late_and_repeated_changes_change_nothing(lake):
    newer = lake.write(0, [("u", 20, row(1, "new")), ("d", 21, row(2))])
    lake.merge(newer)
    before = [lake.rows(kind, "*") for kind in ("staged", "curated", "deleted")]
    late = lake.write(2, [("c", 10, row(1, "old")), ("u", 15, row(2, "old")), ("d", 5, row(1))])
    lake.merge(late, newer, run="run-2")

    deleted = lake.rows("deleted", '"id", "_position"')
    assert [lake.rows(kind, "*") for kind in ("staged", "curated")] == before[:2]
    assert deleted == [["1", f"{5:020d}"], ["2", f"{21:020d}"]]


def test_only_the_files_that_are_named_are_read(lake):
    named = lake.write(0, [("c", 1, row(1, "a"))])
    lake.write(1, [("c", 2, row(number, "b" * 5_000)) for number in range(2, 200)])
    answers = lake.merge(named)

    assert lake.rows("staged", '"id"') == [["1"]]
    assert [answer.count for answer in answers] == [0, 1, 1]


def test_a_committed_moment_is_kept(lake):
    lake.merge(lake.write(0, [("c", 1, row(1, "a"))]))

    assert lake.rows("staged", '"_committed_at"') == [["2026-01-05 10:00:00.000000"]]
