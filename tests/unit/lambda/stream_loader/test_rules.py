"""The loader and the quality gate judge rows alike: both are asked about the same values, the gate by its SQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_loader import casts
from stream_loader.plan import Column, Rule
from stream_loader.rules import offenders

from data_platform.contracts.checks_sql import offends, typed_rows
from jobs.raw.arrow_types import arrow_type
from local.athena import functions
from tests.unit.contracts import sql_bench

WORDS = st.sampled_from(
    ["", "a", "ab", "abc", "abc\n", "\nabc", "ABC", "0", "12", "Zoë", "o'hara", "a|b"]
) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4)
VALUES = {
    "string": WORDS,
    "int": st.integers(-3, 3),
    "bigint": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    "double": st.floats() | st.sampled_from([-1.5, -0.0, 0.0, 1.5, float("nan")]),
    "decimal(8,2)": st.decimals(-3, 3, places=2),
    "date": st.dates(dt.date(2025, 12, 30), dt.date(2026, 1, 3)),
    "timestamp": st.datetimes(dt.datetime(2025, 12, 31), dt.datetime(2026, 1, 2)),  # noqa: DTZ001
}
# By kind of check: the gate's parameters and the loader's rule kinds with their arguments.
TEXT_RULES = [
    ("accepted", {"values": ("ab", "o'hara")}, [("values", ["ab", "o'hara"])]),
    ("pattern", {"regex": "^[a-z]*$"}, [("pattern", "^[a-z]*$")]),
    ("pattern", {"regex": "^a|b$"}, [("pattern", "^a|b$")]),
    ("pattern", {"regex": "^(?i)abc.?$"}, [("pattern", "^(?i)abc.?$")]),
    ("length", {"minimum": 1, "maximum": 3}, [("minLength", 1), ("maxLength", 3)]),
    ("null", {}, [("required", None)]),
]
NUMBER_RULES = [
    ("range", {"minimum": -1, "maximum": 1.5}, [("minimum", -1), ("maximum", 1.5)]),
    ("range", {"exclusive_minimum": -1, "exclusive_maximum": 1.5}, [("exclusiveMinimum", -1), ("exclusiveMaximum", 1.5)]),
    ("range", {"exclusive_minimum": -1.5}, [("exclusiveMinimum", -1.5)]),
    ("accepted", {"values": (0, 1)}, [("values", [0, 1])]),
    ("null", {}, [("required", None)]),
]  # fmt: skip
TIME_RULES = [
    ("range", {"minimum": "2026-01-01", "exclusive_maximum": "2026-01-02"}, [("minimum", "2026-01-01"), ("exclusiveMaximum", "2026-01-02")]),
    ("range", {"maximum": "2026-01-01T00:00:00"}, [("maximum", "2026-01-01T00:00:00")]),
]  # fmt: skip
CASES = [
    *(("string", rule) for rule in TEXT_RULES),
    *((kind, rule) for kind in ("int", "bigint", "double", "decimal(8,2)") for rule in NUMBER_RULES),
    *((kind, rule) for kind in ("date", "timestamp") for rule in TIME_RULES[: 1 if kind == "date" else 2]),
    ("int", ("pattern", {"regex": "^-?[0-2]$"}, [("pattern", "^-?[0-2]$")])),
    ("decimal(8,2)", ("length", {"maximum": 4}, [("maxLength", 4)])),
]


@cache
def _database():
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'; SET threads = 1")
    return made


def _gate(kind, parameters, source, target, raw):
    """For each value whether the gate refuses it."""
    check = sql_bench.check(kind, "v", **parameters)
    dataset = sql_bench.dataset(sql_bench.column("v", target, source), key=("v",), checks=[check])
    condition = offends(check, dataset)
    sql = (
        f"SELECT CASE WHEN {condition} THEN true ELSE false END FROM ({typed_rows(dataset, 'rows')}) AS typed"
    )
    translated = sql_bench.engine_sql(sql)
    database = _database()
    functions.define_used(database, translated)
    database.register("rows", pa.table({"v": raw}))
    return [row[0] for row in database.execute(translated).fetchall()]


def _ours(rules, source, target, raw):
    column = Column(name="v", type=source, target=target)
    values = raw if source == target else casts.typed(raw, source, target)
    found = [False] * len(raw)
    for kind, argument in rules:
        rule = Rule(id="a", kind=kind, column="v", severity="error", argument=argument)
        found = [a or b for a, b in zip(found, offenders(rule, column, raw, values).to_pylist(), strict=True)]
    return found


@pytest.mark.parametrize(("kind", "rule"), CASES, ids=lambda case: str(case)[:40])
@settings(max_examples=12)
@given(data=st.data())
def test_a_rule_refuses_what_the_gate_refuses(kind, rule, data):
    check, parameters, rules = rule
    values = data.draw(st.lists(st.none() | VALUES[kind], min_size=1, max_size=20))
    raw = pa.array(values, arrow_type(kind))

    assert _ours(rules, kind, kind, raw) == _gate(check, parameters, kind, kind, raw)


TEXTS = st.sampled_from(
    [
        "", " ", "1", "+1", "-0", "007", "1.5", ".5", "1.", "1e3", "1e999", "999999999999999999999", "128", "2147483648",
        "true", "TRUE", "0", "yes", "2026-01-01", "2026-02-30", "2026-1-1", "2026-01-01 10:00:00", "1.005", "99999.994",
        "2026-01-01T10:00:00Z", "2026-01-01T10:00:00.123456+00", "2026-01-01T10:00:00+10:00", "2026-01-01T10:00", "NaN", "1 ",
        "2026-01-01T25:00:00Z", "2026-01-01T10:00:00.1234567Z",
    ]
)  # fmt: skip
CASTS = [
    ("string", target)
    for target in ("int", "bigint", "double", "float", "decimal(5,2)", "boolean", "date", "timestamp")
] + [("double", "int"), ("bigint", "int"), ("decimal(8,2)", "int"), ("double", "decimal(5,2)"), ("bigint", "decimal(5,2)")]  # fmt: skip


@pytest.mark.parametrize(("source", "target"), CASTS)
@settings(max_examples=12)
@given(data=st.data())
def test_a_value_casts_where_the_gate_casts_it(source, target, data):
    values = TEXTS if source == "string" else VALUES[source]
    raw = pa.array(data.draw(st.lists(st.none() | values, min_size=1, max_size=20)), arrow_type(source))

    assert _ours([("type", None)], source, target, raw) == _gate("type", {}, source, target, raw)
    assert _ours([("required", None)], source, target, raw) == _gate("null", {}, source, target, raw)


def test_a_pattern_that_re2_lacks_is_judged_by_python():
    raw = pa.array(["ab", "ba", None])

    assert _ours([("pattern", "^(?!b).*$")], "string", "string", raw) == [False, True, False]


def test_a_time_with_a_zone_is_judged_as_the_moment_that_it_is():
    raw = pa.array(["2026-01-01T09:00:00+10:00", "2026-01-01T00:00:00Z", None])
    values = casts.typed(raw, "string", "timestamp with time zone")
    column = Column(name="v", type="string", target="timestamp with time zone")
    rule = Rule(id="a", kind="minimum", column="v", severity="error", argument="2026-01-01T00:00:00Z")

    assert offenders(rule, column, raw, values).to_pylist() == [True, False, False]


def test_a_decimal_is_one_of_the_accepted_whatever_zeros_it_has():
    raw = pa.array([Decimal("1.50"), Decimal("1.51")], pa.decimal128(8, 2))

    assert _ours([("values", [1.5, 1.555])], "decimal(8,2)", "decimal(8,2)", raw) == [False, True]


def test_a_rule_of_an_unknown_kind_is_an_error_and_no_pass():
    rule = Rule(id="a", kind="volume", column="v", severity="error")
    with pytest.raises(ValueError, match="volume"):
        offenders(rule, Column(name="v", type="int", target="int"), pa.array([1]), pa.array([1]))
