"""Whole runs on DuckDB: no row is lost or doubled, whatever arrives, how often, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_bench import DAY, Bench, check, column, dataset

COLUMNS = (column("id", "int", "double"), column("name"), column("amount", "decimal(6,2)", "string"))
CHECKS = (
    check("accepted", "name", values=("a", "b", "c'd")),
    check("range", "amount", minimum=0),
    check("unique", "amount", columns=("amount",)),
)
ROW = st.tuples(
    st.one_of(st.none(), st.sampled_from([1.0, 2.0, 3.0, 2.5, float("nan"), 1e300])),
    st.one_of(st.none(), st.sampled_from(["a", "b", "c'd", "é", ""])),
    st.one_of(st.none(), st.sampled_from(["1.00", "2.5", "-1", "x", "", "99999", "1e3"])),
)
ROWS = st.lists(ROW, max_size=12)
DELIVERIES = st.lists(
    st.tuples(st.sampled_from(["2013-01-01", "2013-01-02", "2013-01-03"]), ROWS), max_size=5
)
QUICK = settings(max_examples=25, suppress_health_check=list(HealthCheck))


def things(mode="partition"):
    return dataset(*COLUMNS, checks=CHECKS, mode=mode)


@QUICK
@given(rows=ROWS)
def test_raw_is_staged_plus_quarantined_for_any_rows(rows):
    bench = Bench(things())
    bench.deliver("things", rows)
    counts = bench.load()
    assert counts["raw"] == len(rows) == counts["staged"] + counts["quarantined"]
    keys = [row[0] for row in bench.rows("things")]
    assert len(keys) == len(set(keys))
    assert all(row[0] is not None for row in bench.rows("things"))


@QUICK
@given(rows=ROWS, mode=st.sampled_from(["partition", "snapshot"]))
def test_a_run_twice_leaves_the_same_rows_as_once(rows, mode):
    bench = Bench(things(mode))
    bench.deliver("things", rows)
    counts, state = bench.load(), tables(bench)
    assert bench.load() == counts
    assert tables(bench) == state


@QUICK
@given(deliveries=DELIVERIES)
def test_curated_holds_the_newest_delivery_of_every_key_in_whatever_order_days_load(deliveries):
    bench = Bench(things())
    for at, (day, rows) in enumerate(deliveries):
        bench.withdraw("things", day=day)
        bench.deliver("things", rows, day=day)
        bench.load(day=day, run_id=f"run-{at}")
    newest = {}
    for row in bench.rows("things", "_ingest_date, id, name, amount"):
        newest[row[1]] = row
    assert bench.rows("things", "_ingest_date, id, name, amount", zone="curated") == sorted(
        newest.values(), key=lambda row: (row[0], row[1])
    )


@QUICK
@given(deliveries=DELIVERIES)
def test_curated_holds_the_newest_snapshot_in_whatever_order_days_load(deliveries):
    bench = Bench(things("snapshot"))
    for at, (day, rows) in enumerate(deliveries):
        bench.withdraw("things", day=day)
        bench.deliver("things", rows, day=day)
        bench.load(day=day, run_id=f"run-{at}")
    staged = bench.rows("things", "_ingest_date, id, name, amount")
    newest = max((row[0] for row in staged), default=None)
    if deliveries and not deliveries[-1][1] and deliveries[-1][0] >= str(newest or ""):
        newest = None  # the shop says that there is nothing any more
    assert bench.rows("things", "_ingest_date, id, name, amount", zone="curated") == [
        row for row in staged if row[0] == newest
    ]


def test_a_snapshot_without_rows_empties_curated_and_one_that_is_all_set_aside_does_not():
    bench = Bench(things("snapshot"))
    bench.deliver("things", [(1.0, "a", "1.00"), (2.0, "b", "2.00")])
    bench.load()
    bench.deliver("things", [(1.0, "no such name", "1.00")], day="2013-01-02")
    bench.load(day="2013-01-02")
    assert len(bench.rows("things", zone="curated")) == 2
    bench.load(day="2013-01-03")
    assert bench.rows("things", zone="curated") == []
    bench.load(day="2013-01-03")
    assert bench.rows("things", zone="curated") == []


def tables(bench):
    quarantined = "id, name, amount, _ingest_date, _run_id, _rule, _column, _value, _rules"
    return [
        [tuple(str(value) for value in row) for row in rows]
        for rows in (
            bench.rows("things", "* EXCLUDE (_run_id)"),
            bench.rows("things_quarantine", quarantined),
            bench.rows("things", zone="curated"),
        )
    ]


def test_the_first_broken_rule_of_the_contract_is_named_and_all_are_listed():
    bench = Bench(things())
    bench.deliver("things", [(1.0, "é", "-1")])
    bench.load()
    assert bench.rows("things_quarantine", "_rule, _column, _value, _rules, _run_id") == [
        ("accepted", "name", "é", "aviation.things.name.accepted,aviation.things.amount.range", "run-1")
    ]


def test_of_duplicates_a_good_row_wins_over_a_bad_one_then_the_last_file():
    bench = Bench(things())
    bench.deliver("things", [(1.0, "a", "1.00"), (2.0, "a", "5.00")], path="part-0")
    bench.deliver("things", [(1.0, "b", "2.00"), (2.0, "bad", "9.00")], path="part-1")
    bench.load()
    assert bench.rows("things", "id, name") == [(1, "b"), (2, "a")]
    losers = bench.rows("things_quarantine", "_rule, _column, _value, name")
    assert losers == [("accepted", "name", "bad", "bad"), ("unique", "id", "1.0", "a")]


def test_a_rerun_of_a_day_replaces_its_quarantine_and_leaves_other_days_alone():
    bench = Bench(things())
    bench.deliver("things", [(1.0, "bad", "1.00")], day="2012-12-31")
    bench.load(day="2012-12-31", run_id="run-0")
    bench.deliver("things", [(None, "a", "1.00"), (2.0, "bad", "3.00")])
    bench.load(run_id="run-1")
    bench.withdraw("things")
    bench.deliver("things", [(2.0, "a", "3.00")])
    assert bench.load(run_id="run-2") == {"raw": 1, "staged": 1, "quarantined": 0, "curated": 1}
    assert bench.rows("things_quarantine", "CAST(_ingest_date AS varchar), _run_id") == [
        ("2012-12-31", "run-0")
    ]


def test_a_key_that_a_day_no_longer_delivers_falls_back_to_its_earlier_delivery():
    bench = Bench(things())
    bench.deliver("things", [(1.0, "a", "1.00")], day="2012-12-31")
    bench.deliver("things", [(1.0, "b", "1.00"), (2.0, "b", "2.00")])
    for day in ("2012-12-31", DAY):
        bench.load(day=day)
    assert bench.rows("things", "id, name", zone="curated") == [(1, "b"), (2, "b")]
    bench.withdraw("things")
    bench.load()
    assert bench.rows("things", "id, name", zone="curated") == [(1, "a")]


def test_leftovers_of_a_run_that_died_are_not_loaded():
    bench = Bench(things())
    bench.deliver("things", [(1.0, "a", "1.00")])
    bench.run("things", "candidate", run_id="dead")
    assert bench.load(run_id="run-2") == {"raw": 1, "staged": 1, "quarantined": 0, "curated": 1}


def test_times_of_any_offset_land_in_utc():
    bench = Bench(dataset(column("id"), column("at", "timestamp", "string")))
    texts = [
        "2013-01-01T10:00:00Z",
        "2013-01-01T20:00:00+10:00",
        "2013-01-01 10:00:00.250",
        "2013-01-01",
        "soon",
    ]
    bench.deliver("things", [(str(at), value) for at, value in enumerate(texts)])
    bench.load()
    assert bench.rows("things", 'id, CAST("at" AS varchar)') == [
        ("0", "2013-01-01 10:00:00"), ("1", "2013-01-01 10:00:00"), ("2", "2013-01-01 10:00:00.25"),
    ]  # fmt: skip
    assert bench.rows("things_quarantine", "_rule, _value") == [("type", "2013-01-01"), ("type", "soon")]


@pytest.mark.parametrize("severity", ["warning", "error"])
def test_stops_and_warnings_leave_rows_in_place(severity):
    one = check("accepted", "name", values=("a",), severity=severity, on_failure="stop")
    bench = Bench(dataset(column("id"), column("name"), checks=[one]))
    bench.deliver("things", [("1", "z")])
    assert bench.judge()[one.id]["offending"] == 1
    assert bench.rows("things_candidate", "_rule") == [(None,)]
