"""What lands of a masked column is what the contracts' own model and the landing job give."""

from __future__ import annotations

import datetime as dt
import hashlib

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.contracts.tokens import TokenKeys
from jobs.masking.tokens import tokens
from tests.unit.jobs.extraction.shop import KEYS, column

VALUES = ["ada@example.com", "", "Zoë 🦆 日本", None, "1234", "12345", 'o\'hara, "x"\n\\t\\N', "x" * 300]


def _last4(value):
    return "*" * len(value) if len(value) <= 4 else "*" * (len(value) - 4) + value[-4:]


@pytest.mark.parametrize(
    ("method", "model"),
    [
        ("tokenize", KEYS.token),
        ("hash", lambda v: hashlib.sha256(f"shop.email:{v}".encode()).hexdigest()),
        ("redact", lambda _: "[redacted]"),
        ("last4", _last4),
        ("null", lambda _: None),
    ],
)
def test_each_method_gives_for_each_text_what_a_plain_model_of_it_gives(shop, sql, method, model):
    sql("CREATE TABLE people (id bigint PRIMARY KEY, email text)")
    sql("INSERT INTO people VALUES (%s, %s)", parameters=list(enumerate(VALUES)))
    shop.plan("people", [column("id", "bigint"), column("email", masking=method)])

    assert shop.run() == 0
    found = [row["email"] for row in shop.rows("people")]
    assert found == [None if value is None else model(value) for value in VALUES]


def test_a_date_and_a_moment_land_as_the_first_of_their_year(shop, sql):
    sql("CREATE TABLE people (id bigint PRIMARY KEY, born date, seen timestamptz)")
    sql(
        "INSERT INTO people VALUES (1, '1980-02-29', '2026-12-31 23:59:59.9+00'), (2, NULL, NULL), (3, '0001-06-01', '0001-06-01+00')"
    )
    masked = [
        column("born", "date", masking="truncate-date"),
        column("seen", "timestamp", masking="truncate-date"),
    ]
    shop.plan("people", [column("id", "bigint"), *masked])

    assert shop.run() == 0
    first = [dt.date(1980, 1, 1), None, dt.date(1, 1, 1)]
    assert [row["born"] for row in shop.rows("people")] == first
    assert [str(row["seen"]) for row in shop.rows("people")] == [
        "2026-01-01 00:00:00",
        "None",
        "0001-01-01 00:00:00",
    ]


def test_mysql_is_masked_the_same_way(mysql_shop, mysql):
    mysql("CREATE TABLE people (id bigint PRIMARY KEY, email text CHARSET utf8mb4)")
    mysql("INSERT INTO people VALUES (%s, %s)", parameters=list(enumerate(VALUES)))
    mysql_shop.plan("people", [column("id", "bigint"), column("email", masking="tokenize")])

    assert mysql_shop.run() == 0
    found = [row["email"] for row in mysql_shop.rows("people")]
    assert found == [None if value is None else KEYS.token(value) for value in VALUES]


@given(st.lists(st.none() | st.text(), max_size=40), st.integers(0, 5), st.integers(1, 3))
def test_tokens_are_those_of_the_contracts_for_any_text_and_any_number_of_keys(values, skipped, versions):
    import pyarrow as pa

    keys = TokenKeys(keys={n: f"{n}" * 64 for n in range(1, versions + 1)})
    array = pa.array([value.replace("\0", "") if value else value for value in values], pa.string()).slice(
        skipped
    )

    found = tokens(array, keys)
    found.validate(full=True)
    assert found.to_pylist() == [None if v is None else keys.token(v) for v in array.to_pylist()]
    sql, parameters = keys.duckdb_sql("v")
    there = [v for v in array.to_pylist() if v is not None]
    for value in there[:3]:
        by_landing = duckdb.execute(
            f"SELECT {sql} FROM (SELECT $value AS v)", parameters | {"value": value}
        ).fetchone()[0]
        assert by_landing == keys.token(value)
