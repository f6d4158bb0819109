"""Changes of a table, as DMS writes them: a day's rows are each key's last state, and what was deleted goes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contract_files import AVIATION
from sql_bench import NAMING, Bench, column, dataset

from data_platform.contracts.compile_plan import compile_plan

FIRST, SECOND = "2013-01-01", "2013-01-02"


@pytest.fixture
def bench():
    made = dataset(column("id", "int"), column("name"), column("at", "timestamp", "string"))
    source = replace(made.source, method="dms", read="changes", table="public.things")
    return Bench(replace(made, source=source, path=str(AVIATION / "airlines.odcs.yaml")))


def change(key, name, op, place, at="2013-01-01 10:00:00.000000"):
    """A row as it lies in raw: the contract's columns, then what DMS tells of it."""
    return (key, name, "2013-01-01 09:00:00.123456", op, at, place)


def shown(bench, zone="curated"):
    return bench.rows("things", "id, name", zone=zone)


def test_raw_holds_what_dms_tells_of_a_change_and_staged_does_not(bench):
    plan = bench.plans["things"]
    assert [each["name"] for each in plan["raw_columns"]][-3:] == ["op", "dms_changed_at", "dms_change"]
    bench.deliver("things", [change(1, "a", "I", None)])
    bench.load()
    assert bench.rows("things", '* EXCLUDE ("at")') == bench.rows("things", "id, name, _ingest_date, _run_id")


def test_of_several_changes_the_last_one_counts_even_within_a_transaction(bench):
    bench.deliver("things", [change(1, "loaded", "I", None), change(2, "b", "I", None)])
    bench.deliver("things", [change(1, "second", "U", "2"), change(1, "first", "U", "1")], path="part-1")
    counts = bench.load()
    assert shown(bench) == [(1, "second"), (2, "b")]
    assert (counts["raw"], counts["staged"], counts["quarantined"]) == (2, 2, 0)


def test_a_deleted_row_goes_whenever_it_came(bench):
    bench.deliver("things", [change(1, "a", "I", None), change(2, "b", "I", None)])
    bench.load()
    bench.deliver("things", [change(1, None, "D", "5"), change(3, "c", "I", "6")], day=SECOND)
    bench.deliver("things", [change(3, None, "D", "7")], day=SECOND)
    bench.load(day=SECOND)
    assert shown(bench) == [(2, "b")]
    bench.load(day=SECOND)
    assert shown(bench) == [(2, "b")]


def test_a_row_that_is_deleted_and_written_again_stays(bench):
    bench.deliver("things", [change(1, "a", "I", "1")])
    bench.load()
    bench.deliver("things", [change(1, None, "D", "2"), change(1, "again", "I", "3")], day=SECOND)
    bench.load(day=SECOND)
    assert shown(bench) == [(1, "again")]


def test_a_day_that_loads_late_deletes_nothing_newer(bench):
    bench.deliver("things", [change(1, "newer", "I", "9")], day=SECOND)
    bench.load(day=SECOND)
    bench.deliver("things", [change(1, None, "D", "2")])
    bench.load()
    assert shown(bench) == [(1, "newer")]


def test_without_changes_a_plan_tells_of_none():
    plain = dataset(column("id", "int"))
    assert "dms_change" not in str(compile_plan(plain, Bench(plain).domain, NAMING))
