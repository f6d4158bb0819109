"""Masked columns as published: computed by the engine of the embedded Athena, against a plain model of each method."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sql_bench import Bench, column, dataset

from data_platform.contracts.masking import fitting_kinds, masked_type
from data_platform.contracts.masking_sql import masked_sql
from data_platform.contracts.model import Masking
from data_platform.contracts.types import trino_type
from local.athena import functions, translate

TEXTS = ["", "a", "1234", "12345", "ada@example.com", "Zoë 日本 🦆🦆", 'o\'hara "x"\n', "{run_id}", None]


def _masked_column(method, physical="string"):
    return column(
        "value", physical, masking=Masking(method=method, when="query"), masked_name="value_masked", pii=True
    )


def _athena(method, physical, values):
    """The masked values in order, as the embedded Athena's engine computes them."""
    masked = _masked_column(method, physical)
    sql = f'SELECT {masked_sql(dataset(column("id", "int"), masked), masked)} FROM "t" ORDER BY "n"'
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'; SET threads = 1")
    engine.execute(f'CREATE TABLE t (n INTEGER, "value" {trino_type(physical)})')
    engine.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
    translated = translate.to_duckdb(translate.parse(sql))
    functions.define_used(engine, translated)
    return [row[0] for row in engine.execute(translated).fetchall()]


def _hash(value):
    return hashlib.sha256(f"aviation.value:{value}".encode()).hexdigest()


def _last4(value):
    return "*" * len(value) if len(value) <= 4 else "*" * (len(value) - 4) + value[-4:]


MODEL = {
    "hash": _hash,
    "redact": lambda _: "[redacted]",
    "last4": _last4,
    "truncate-date": lambda value: (
        value.replace(month=1, day=1)
        if not isinstance(value, dt.datetime)
        else value.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    ),
    "null": lambda _: None,
}
DATES = [dt.date(1, 1, 1), dt.date(2000, 2, 29), dt.date(9999, 12, 31), None]
MOMENTS = [dt.datetime.fromisoformat(text) for text in ("2000-02-29T23:59:59.999999", "1969-12-31")] + [None]


@pytest.mark.parametrize(
    ("method", "physical", "values"),
    [
        *((method, "string", TEXTS) for method in ("hash", "redact", "last4", "null")),
        *(
            (method, "decimal(10,2)", [Decimal("1.50"), Decimal("-0.01"), Decimal("99999999.99"), None])
            for method in ("hash", "redact", "null")
        ),
        *((method, "date", DATES) for method in ("hash", "redact", "truncate-date", "null")),
        *((method, "timestamp", MOMENTS) for method in ("redact", "truncate-date", "null")),
        ("hash", "bigint", [0, -(2**63), 2**63 - 1, None]),
        ("redact", "double", [0.1, float("nan"), None]),
    ],
)
def test_a_method_gives_what_a_plain_model_of_it_gives(method, physical, values):
    expected = [None if value is None else MODEL[method](value) for value in values]
    assert _athena(method, physical, values) == expected


@settings(max_examples=60)
@given(
    method=st.sampled_from(["hash", "redact", "last4", "null"]),
    values=st.lists(
        min_size=1,
        elements=st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    ),
)
def test_masking_depends_on_the_value_alone_and_keeps_null(method, values):
    found = _athena(method, "string", [*values, *values])
    assert found[: len(values)] == found[len(values) :]
    assert found[: len(values)] == [None if value is None else MODEL[method](value) for value in values]


def test_equal_values_hash_otherwise_in_another_domain_or_column():
    masked = _masked_column("hash")
    here = masked_sql(dataset(masked, key=("value",)), masked)
    assert "'aviation.value:'" in here


def test_tokens_are_never_made_by_sql():
    tokenised = column("value", masking=Masking(method="tokenize", when="landing"))
    with pytest.raises(ValueError, match="tokenize; a query can mask by hash"):
        masked_sql(dataset(tokenised, key=("value",)), tokenised)
    assert fitting_kinds("tokenize", "query") == ()


def test_curated_has_the_masked_columns_beside_the_others_and_staged_has_not():
    people = dataset(column("id", "int"), _masked_column("last4"))
    bench = Bench(people)
    bench.deliver("things", [(1, "0412345678"), (2, None)])
    bench.load()

    assert bench.rows("things", '"id", "value", "value_masked"', zone="curated") == [
        (1, "0412345678", "******5678"),
        (2, None, None),
    ]
    assert "value_masked" not in bench.plans["things"]["sql"]["staged"]


@pytest.mark.parametrize("mode", ["partition", "snapshot"])
def test_a_masked_column_follows_its_column_through_corrections_and_deletions(mode):
    bench = Bench(dataset(column("id", "int"), _masked_column("last4"), mode=mode))
    bench.deliver("things", [(1, "0412345678"), (2, "12345")], day="2013-01-01")
    bench.load(day="2013-01-01")
    bench.deliver("things", [(1, "0400000000")], day="2013-01-02")
    bench.load(day="2013-01-02", run_id="run-2")
    assert bench.rows("things", '"id", "value_masked"', zone="curated")[0] == (1, "******0000")

    bench.withdraw("things", day="2013-01-02")
    bench.deliver("things", [(2, "99999")], day="2013-01-02")
    bench.load(day="2013-01-02", run_id="run-3")
    expected = [(1, "******5678"), (2, "*9999")] if mode == "partition" else [(2, "*9999")]
    assert bench.rows("things", '"id", "value_masked"', zone="curated") == expected


def test_a_masked_type_is_the_columns_own_or_text():
    assert masked_type(_masked_column("truncate-date", "timestamp")) == "timestamp"
    assert masked_type(_masked_column("null", "decimal(10,2)")) == "decimal(10,2)"
    assert masked_type(_masked_column("hash", "bigint")) == "string"
    with pytest.raises(ValueError, match="is not masked"):
        masked_type(column("value"))
