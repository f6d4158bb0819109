"""Every cast that exists runs, keeps what it can represent and refuses the rest; counts by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pytest
from sql_bench import Bench, column, dataset, duckdb_sql

from data_platform.contracts.casts import cast_sql, castable, castable_from, present_sql
from data_platform.contracts.types import trino_type

TYPES = ("boolean", "int", "bigint", "float", "double", "decimal(5,2)", "string", "date", "timestamp")
SAMPLES = {
    "boolean": [True, False],
    "int": [0, -7, 2**31 - 1],
    "bigint": [0, 2**31, -(2**63)],
    "float": [0.0, 1.5, -2.0, float("nan"), float("inf")],
    "double": [0.0, 1.5, 1e300, -2.0, float("nan")],
    "decimal(5,2)": [Decimal("1.00"), Decimal("-1.25"), Decimal("999.99")],
    "string": [
        "",
        " ",
        "1",
        "-1.5",
        "1e3",
        "1e999",
        "true",
        "TRUE",
        "yes",
        "2013-02-28",
        "2013-02-30",
        "2013-01-01T00:00:00Z",
        "é'\"",
    ],
    "date": [dt.date(2013, 1, 1), dt.date(1969, 12, 31)],
    "timestamp": [dt.datetime(2013, 1, 1, 23, 59, 59, 999999), dt.datetime(1969, 12, 31)],  # noqa: DTZ001
}
PAIRS = [(source, target) for source in TYPES for target in TYPES if castable(source, target)]
# How many of the samples have no counterpart in the target.
REFUSED = {
    ("bigint", "int"): 2,
    ("int", "decimal(5,2)"): 1,
    ("bigint", "decimal(5,2)"): 2,
    ("float", "int"): 3,
    ("float", "bigint"): 3,
    ("double", "int"): 3,
    ("double", "bigint"): 3,
    ("float", "decimal(5,2)"): 2,
    ("double", "decimal(5,2)"): 2,
    ("decimal(5,2)", "int"): 2,
    ("decimal(5,2)", "bigint"): 2,
    ("string", "boolean"): 9,
    ("string", "int"): 11,
    ("string", "bigint"): 11,
    ("string", "float"): 9,
    ("string", "double"): 9,
    ("string", "decimal(5,2)"): 10,
    ("string", "date"): 11,
    ("string", "timestamp"): 11,
}


@pytest.fixture(scope="module")
def database():
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'")
    return made


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_every_cast_keeps_what_fits_and_refuses_the_rest(database, source, target):
    database.execute(f"CREATE OR REPLACE TABLE raw (value {trino_type(source)})")
    database.executemany("INSERT INTO raw VALUES (?)", [[value] for value in [*SAMPLES[source], None]])
    present = present_sql('"value"', source, target)
    counted = f"SELECT count({present}) - count({cast_sql(present, source, target)}) FROM raw"
    assert database.execute(duckdb_sql(counted)).fetchone() == (REFUSED.get((source, target), 0),)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2013-01-01 23:59:59.123456", "2013-01-01 23:59:59.123456"),
        ("2013-01-01T23:59:59.123456Z", "2013-01-01 23:59:59.123456"),
        ("2013-01-01 23:59:59.1234+00", "2013-01-01 23:59:59.1234"),
        ("0001-01-01 00:00:00.000001+00", "0001-01-01 00:00:00.000001"),
        ("9999-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
        ("2013-01-01 23:59:59+00:00", "2013-01-01 23:59:59"),
        ("2013-01-01T23:59:59.123+11:00", "2013-01-01 12:59:59.123"),
        ("2013-01-01T23:59:59.123456+11:00", None),
        ("2013-01-01 23:59:59.1234567", None),
        ("2013-02-30 00:00:00.000001", None),
    ],
)
def test_a_text_is_a_moment_to_the_microsecond_or_none(database, text, kept):
    cast = duckdb_sql(
        f"SELECT CAST({cast_sql('value', 'string', 'timestamp')} AS varchar) FROM (SELECT '{text}' AS value)"
    )
    assert database.execute(cast).fetchone() == (kept,)


def test_a_load_never_rounds_a_fraction_into_an_integer():
    bench = Bench(dataset(column("id"), column("value", "int", "double")))
    bench.deliver("things", [("a", 1.5), ("b", 2.0)])
    bench.load()
    assert bench.rows("things", "id, value") == [("b", 2)]


def test_a_message_can_say_what_a_type_may_come_from():
    assert castable_from("timestamp") == ("date", "string", "timestamp")
    assert not castable("boolean", "timestamp")
    assert not castable("double", "float")
