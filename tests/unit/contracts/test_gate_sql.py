"""The compiled gate, run on fixtures with planted violations; every expected number is counted by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sql_bench import DAY, Bench, check, column, dataset

from data_platform.contracts.model import Limit


def only(one_check, rows, *columns):
    """The gate's row for one check over (id, value) rows."""
    columns = columns or (column("value"),)
    bench = Bench(dataset(column("id"), *columns, checks=[one_check]))
    bench.deliver(
        "things", [(f"k{at}", *(row if isinstance(row, tuple) else (row,))) for at, row in enumerate(rows)]
    )
    return bench.judge()[one_check.id]


def test_missing_values_are_counted_by_null_alone():
    rows = ["a", None, "", None]
    assert only(check("null", "value"), rows)["offending"] == 2
    assert only(check("accepted", "value", values=("a", "")), rows)["offending"] == 0
    assert only(check("pattern", "value", regex="a?"), rows)["offending"] == 0


def test_empty_text_in_a_number_column_is_missing_and_no_type_violation():
    number = column("value", "int", "string")
    rows = ["1", "", None, "x", "1.5", " 2", "99999999999"]
    assert only(check("type", "value"), rows, number)["offending"] == 4
    assert only(check("null", "value"), rows, number)["offending"] == 2


def test_accepted_values_may_hold_quotes_unicode_and_placeholders():
    values = ("O'Brien", 'say "hi"', "Zürich", "{run_id}", "日本")
    rows = [*values, "O''Brien", "run-1", "Zurich"]
    assert only(check("accepted", "value", values=values), rows)["offending"] == 3


@pytest.mark.parametrize(
    ("bounds", "offending"),
    [
        ({"minimum": 0}, 2),
        ({"exclusive_minimum": 0}, 3),
        ({"maximum": 10.5}, 2),
        ({"exclusive_maximum": 10.5}, 3),
        ({"minimum": 0, "maximum": 10.5}, 3),
    ],
)
def test_range_bounds_are_inclusive_unless_exclusive_and_nan_lies_outside(bounds, offending):
    rows = [-0.1, 0.0, 5.0, 10.5, 10.6, float("nan"), None]
    assert only(check("range", "value", **bounds), rows, column("value", "double"))["offending"] == offending


def test_ranges_of_decimals_and_dates_are_exact():
    money = column("value", "decimal(10,2)")
    assert (
        only(check("range", "value", maximum="0.30"), [Decimal("0.30"), Decimal("0.31")], money)["offending"]
        == 1
    )
    when = column("value", "date", "string")
    rows = ["2012-12-31", "2013-01-01", "2013-02-30"]
    assert only(check("range", "value", minimum="2013-01-01"), rows, when)["offending"] == 1


def test_a_pattern_must_match_the_whole_value_even_without_anchors():
    rows = ["N123", "xN123", "N123x", "N123\n", "N1234"]
    for regex in ("N[0-9]{3}", "^N[0-9]{3}$"):
        assert only(check("pattern", "value", regex=regex), rows)["offending"] == 4


def test_length_counts_characters_not_bytes():
    rows = ["日本", "日本国", "a", None]
    assert only(check("length", "value", minimum=2, maximum=2), rows)["offending"] == 2


def test_unique_counts_rows_beyond_the_first_and_ignores_incomplete_keys():
    rows = [("a", 1), ("a", 1), ("a", 1), ("a", None), ("a", None), (None, 1), ("b", 1)]
    columns = (column("x"), column("y", "int"))
    assert only(check("unique", "x", "y", columns=("x", "y")), rows, *columns)["offending"] == 2


def test_percent_limits_are_of_raw_rows():
    limit = Limit(operator="<=", value=25, unit="percent")
    result = only(check("null", "value", limit=limit), ["a", None, "b", "c"])
    assert (result["observed"], result["passed"], result["limit_text"]) == (25.0, True, "<= 25 %")
    assert not only(check("null", "value", limit=replace(limit, value=24.9)), ["a", None, "b", "c"])["passed"]


@pytest.mark.parametrize(
    ("statistic", "observed"), [("mean", 2.0), ("stddev", 1.0), ("null_percent", 25.0), ("distinct", 3.0)]
)
def test_distributions_are_measured(statistic, observed):
    limit = Limit(operator="between", value=observed, upper=observed, unit="value")
    one = check("distribution", "value", on_failure="stop", statistic=statistic, limit=limit)
    result = only(one, [1, 2, 3, None], column("value", "int"))
    assert (result["observed"], result["offending"], result["passed"]) == (observed, 0, True)


def test_freshness_is_the_age_of_the_newest_value_at_the_end_of_the_day():
    limit = Limit(operator="<=", value=3600, unit="seconds")
    at = column("value", "timestamp", "string")
    one = check("freshness", "value", on_failure="stop", column="value", limit=limit)
    assert only(one, ["2013-01-01T01:00:00Z", "2013-01-01T23:30:00Z"], at)["observed"] == 1800
    assert not only(one, ["2013-01-02T08:00:00+10:00"], at)["passed"]


def test_volume_and_sql_checks_stop_by_their_limits():
    too_few = check("volume", on_failure="stop", limit=Limit(operator=">=", value=3))
    assert not only(too_few, ["a", "b"])["passed"]
    query = "SELECT max(n) FROM (SELECT count(*) AS n FROM {object} GROUP BY {property}) g"
    limit = Limit(operator="<", value=3, unit="value")
    sql = check("sql", "value", on_failure="stop", name="skew", query=query, limit=limit)
    assert only(sql, ["a", "a", "b"])["observed"] == 2.0


def test_an_empty_day_breaks_volume_only():
    checks = [
        check("null", "value", severity="warning", limit=Limit(operator="<", value=5, unit="percent")),
        check(
            "distribution", "value", statistic="mean", severity="warning", limit=Limit(operator=">", value=1)
        ),
        check("freshness", "at", column="at", severity="warning", limit=Limit(operator="<", value=1)),
        check("volume", on_failure="stop", limit=Limit(operator=">", value=0)),
    ]
    bench = Bench(dataset(column("id"), column("value", "int"), column("at", "timestamp"), checks=checks))
    broken = [name for name, row in bench.judge().items() if not row["passed"]]
    assert broken == ["aviation.things.volume"]


def test_references_are_looked_up_in_the_newest_snapshot_of_the_parent():
    parent = dataset(column("code"), key=("code",), mode="snapshot", name="parents")
    refers = check("referential", "value", domain="aviation", dataset="parents", columns=("code",))
    bench = Bench(parent, dataset(column("id"), column("value"), checks=[refers]))
    bench.deliver("parents", [("old",), ("both",)], day="2012-12-31")
    bench.deliver("parents", [("both",), ("new",)], day=DAY)
    for day in ("2012-12-31", DAY):
        bench.load("parents", day=day)
    bench.deliver("things", [("1", "old"), ("2", "both"), ("3", "new"), ("4", None), ("5", "nowhere")])
    assert bench.judge()[refers.id]["offending"] == 2
    assert bench.rows("things_candidate", "id, _rule, _value") == [
        ("1", "referential", "old"), ("2", None, None), ("3", None, None), ("4", None, None),
        ("5", "referential", "nowhere"),
    ]  # fmt: skip


def test_a_row_may_refer_to_its_own_dataset():
    refers = check("referential", "boss", domain="aviation", dataset="things", columns=("id",))
    bench = Bench(dataset(column("id"), column("boss"), checks=[refers]))
    bench.deliver("things", [("1", None), ("2", "1"), ("3", "9")])
    assert bench.judge()[refers.id]["offending"] == 1


def test_the_reconciliation_stops_a_run_whose_candidate_lost_rows():
    bench = Bench(dataset(column("id")))
    bench.deliver("things", [("1",), ("2",)])
    bench.judge()
    bench.athena('DELETE FROM "dp_dev_aviation_staged"."things_candidate" WHERE "id" = \'2\'')
    (last,) = [row for row in bench.run("things", "gate") if row["kind"] == "reconciliation"]
    assert (last["observed"], last["passed"], last["on_failure"]) == (1.0, False, "stop")


def test_the_gate_lists_every_check_once_in_the_order_of_the_plan():
    checks = [check("null", "value", severity="warning"), check("volume", severity="warning")]
    bench = Bench(dataset(column("id"), column("value", "int", "string"), checks=checks))
    bench.deliver("things", [("1", "1")])
    assert list(bench.judge()) == [one["id"] for one in bench.plans["things"]["checks"]]
    assert list(bench.judge()) == [
        "aviation.things.value.type", "aviation.things.id.null", "aviation.things.unique",
        "aviation.things.value.null", "aviation.things.volume", "aviation.things.reconciliation",
    ]  # fmt: skip


@pytest.mark.parametrize(("loaded", "empty"), [(False, 1), (True, 0)])
def test_a_parent_that_was_never_loaded_stops_the_run_instead_of_calling_every_row_an_orphan(loaded, empty):
    parents = dataset(column("code"), name="parents", key=("code",))
    refers = check("referential", "value", domain="aviation", dataset="parents", columns=("code",))
    bench = Bench(parents, dataset(column("id"), column("value"), checks=[refers]))
    if loaded:
        bench.deliver("parents", [("x",)])
        bench.load("parents")
    bench.deliver("things", [("1", "x")])

    judged = bench.judge()["aviation.things.parent.parents"]

    assert (judged["offending"], judged["on_failure"]) == (empty, "stop")
    assert judged["passed"] is (empty == 0)
