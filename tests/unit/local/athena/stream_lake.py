"""A streamed dataset in the embedded Athena: its tables as the catalogue makes them, files, and the loader's merge."""

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

from data_platform.contracts.naming import Naming
from data_platform.contracts.sensitivity import table_columns
from data_platform.contracts.stream_plan import stream_plan
from data_platform.contracts.table_kinds import kinds_of, table_name, zone_of
from data_platform.contracts.tables import partition_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset

sys.path.insert(0, str(Path(__file__).parents[2] / "contracts"))

LAKE = "athena-lake"
FIRST, SECOND = "2026-01-05", "2026-01-06"
COMMITTED = dt.datetime(2026, 1, 5, 10)  # noqa: DTZ001 - raw holds UTC without saying so
_TYPES = {"string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "timestamp": pa.timestamp("us")}


class Lake:
    """The tables of a streamed dataset `things`, made as the catalogue makes them."""

    def __init__(self, athena: Any, dataset: Dataset) -> None:
        self.athena = athena
        self.naming = Naming(
            organisation="dp",
            environment=f"e{uuid.uuid4().hex[:6]}",
            domain="aviation",
            account="111111111111",
        )
        self.dataset = dataset
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
            if field.transform.startswith("bucket")
            else f"{field.transform}({field.column})"
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
