"""The contracts of domains/retail on what the generator delivers in three days, run as the state machine runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sql_bench import NAMING, Bench

from data_platform.contracts.odcs import load_domains
from data_platform.contracts.tables import raw_columns
from data_platform.contracts.tokens import TokenKeys
from data_platform.contracts.types import trino_type

ROOT = Path(__file__).parents[3]
DAYS = ("2026-01-05", "2026-01-06", "2026-01-07")
KEYS = TokenKeys(keys={1: "k" * 64})


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    out = tmp_path_factory.mktemp("retail")
    command = [sys.executable, "-m", "local.retail", "--out", str(out), "--days", f"{DAYS[0]}..{DAYS[-1]}"]
    subprocess.run(command, cwd=ROOT, check=True)
    domain = next(each for each in load_domains(ROOT / "domains") if each.name == "retail").of_runs
    bench = Bench(*domain.datasets)
    for day in DAYS:
        for dataset in domain.datasets:
            land(bench, dataset, out, day)
            load(bench, dataset.name, day)
    return bench


def land(bench, dataset, out, day):
    """What the landing job does with a file: tokens instead of what the contract says is tokenised at landing."""
    values, parameters = [], {}
    for place, column in enumerate(raw_columns(dataset)):
        value = f'CAST("{column.name}" AS {trino_type(column.type)})'
        masking = dataset.columns[place].masking
        if masking and masking.when == "landing":
            value, needed = KEYS.duckdb_sql(value, prefix=f"p{place}")
            parameters |= needed
        values.append(value)
    files = f"{out}/{dataset.name}/ingest_date={day}/*.parquet"
    bench.db.execute(
        f"INSERT INTO {NAMING.database('raw')}.{dataset.name} SELECT {', '.join(values)}, '{day}', filename"
        f" FROM read_parquet('{files}', filename = true, hive_partitioning = false)",
        parameters,
    )


def load(bench, name, day):
    bench.judge(name, day=day)
    for step in ("quarantine", "staged", "publish"):
        bench.run(name, step, day=day)


def quarantined(bench, name):
    """Rows that were set aside, by rule."""
    return dict(
        bench.db.execute(
            f'SELECT _rule, count(*) FROM "{NAMING.database("staged")}"."{name}_quarantine" GROUP BY ALL'
        ).fetchall()
    )


def verdicts(bench, name, day):
    return {row["check_id"]: row for row in bench.judge(name, day=day).values()}


@pytest.mark.parametrize("name", ["customers", "orders", "order_items"])
@pytest.mark.parametrize("day", DAYS)
def test_every_row_is_staged_or_quarantined(bench, name, day):
    count = bench.run(name, "count", day=day)[0]
    assert count["raw"] == count["staged"] + count["quarantined"] > 0


@pytest.mark.parametrize("name", ["customers", "orders", "order_items"])
@pytest.mark.parametrize("day", DAYS)
def test_no_day_of_the_generator_stops_a_run(bench, name, day):
    stopped = [
        row["check_id"]
        for row in verdicts(bench, name, day).values()
        if not row["passed"] and row["severity"] == "error" and row["on_failure"] == "stop"
    ]
    assert stopped == []


def test_an_order_that_came_twice_in_a_day_keeps_its_later_state(bench):
    assert set(quarantined(bench, "orders")) == {"unique"}
    staged = NAMING.database("staged")
    kept = bench.db.execute(
        f'SELECT count(*) FROM "{staged}".orders AS kept JOIN "{staged}".orders_quarantine AS lost'
        " ON kept.order_id = lost.order_id AND kept._ingest_date = lost._ingest_date"
        " WHERE CAST(lost.updated_at AS timestamptz) AT TIME ZONE 'UTC' > kept.updated_at"
    ).fetchone()
    assert kept == (0,)


def test_prices_that_lost_their_point_are_set_aside(bench):
    found = quarantined(bench, "order_items")
    assert set(found) == {"range"}
    assert 0 < found["range"] < 20


def test_orders_ahead_of_their_customers_are_counted_and_published(bench):
    orphans = verdicts(bench, "orders", DAYS[-1])["retail.orders.customer_id.referential"]
    assert orphans["passed"]
    assert orphans["offending"] > 0


def test_curated_holds_the_newest_state_of_every_order(bench):
    rows = bench.rows("orders", "order_id, status, total", zone="curated")
    assert len(rows) == len({row[0] for row in rows}) == 3000
    assert {row[1] for row in rows} == {"placed", "paid", "shipped", "cancelled", "returned"}


def test_an_address_in_clear_stops_the_run(bench):
    names = [column.name for column in bench.datasets["customers"].columns]
    raw = f'"{NAMING.database("raw")}"."customers"'
    clear = ", ".join("'ada@example.com'" if name == "email" else f'"{name}"' for name in names)
    bench.db.execute(f"INSERT INTO {raw} SELECT {clear}, '2026-01-08', 's3://p' FROM {raw} LIMIT 3")
    pattern = verdicts(bench, "customers", "2026-01-08")["retail.customers.email.pattern"]
    assert (pattern["passed"], pattern["on_failure"]) == (False, "stop")
