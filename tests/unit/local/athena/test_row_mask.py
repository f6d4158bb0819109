"""A row filter admits exactly the rows that SQL's WHERE admits, whatever the expression and the values."""

from __future__ import annotations

import contextlib
import decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.athena.row_mask import admitted
from local.services.lakeformation import row_filter

COLUMNS = row_filter.Columns(
    types={
        "s": "string",
        "n": "bigint",
        "d": "double",
        "m": "decimal(10,2)",
        "b": "boolean",
        "a": "struct<k:int>",
    }
)
_TEXTS = st.sampled_from(["", "VIC", "vic", "V%C", "V_C", "a\\b", "O'Brien", "é日本", "x\ny", "%", "_"])
_NUMBERS = st.integers(-5, 5) | st.sampled_from([2**53, 2**53 + 1, -(2**62)])
_FRACTIONS = st.decimals(-9, 9, places=2)
_ROW = st.fixed_dictionaries(
    {
        "s": st.none() | _TEXTS,
        "n": st.none() | _NUMBERS,
        "d": st.none() | st.integers(-9, 9).map(lambda i: i / 2),
        "m": st.none() | _FRACTIONS,
        "b": st.none() | st.booleans(),
        "a": st.none() | st.fixed_dictionaries({"k": st.none() | st.integers(-3, 3)}),
    }
)
_SCHEMA = pa.schema(
    [
        ("s", pa.string()),
        ("n", pa.int64()),
        ("d", pa.float64()),
        ("m", pa.decimal128(10, 2)),
        ("b", pa.bool_()),
        ("a", pa.struct([("k", pa.int32())])),
    ]
)


_CONNECTION = duckdb.connect()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


_CONSTANTS: dict[str, Any] = {
    "s": _TEXTS.map(_text),
    "n": _NUMBERS.map(str) | st.sampled_from(["1.5", "-0.5"]),
    "d": st.sampled_from(["0", "1.5", "-4", "2.25"]),
    "m": _FRACTIONS.map(str) | st.sampled_from(["0", "1.005"]),
    "b": st.sampled_from(["true", "false"]),
    "a.k": st.integers(-3, 3).map(str),
}


@st.composite
def _comparisons(draw: Any) -> str:
    column = draw(st.sampled_from(sorted(_CONSTANTS)))
    constant = lambda: draw(_CONSTANTS[column])  # noqa: E731 - drawn each time anew
    shape = draw(st.sampled_from(["compare", "turned", "between", "in", "null", "like"]))
    negated = draw(st.sampled_from(["", "NOT "]))
    sign = draw(
        st.sampled_from(["=", "<>", "!="] if column == "b" else ["=", "<>", "!=", "<", "<=", ">", ">="])
    )
    if shape == "null":
        return f"{column} IS {negated}NULL"
    if shape == "in":
        return f"{column} {negated}IN ({', '.join(constant() for _ in range(draw(st.integers(1, 3))))})"
    if shape == "between" and column != "b":
        return f"{column} {negated}BETWEEN {constant()} AND {constant()}"
    if shape == "like" and column == "s":
        return f"s {negated}LIKE {constant()}"
    return f"{constant()} {sign} {column}" if shape == "turned" else f"{column} {sign} {constant()}"


_EXPRESSIONS = st.recursive(
    _comparisons(),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda p: f"({p[0]}) {p[1]} ({p[2]})")
        | inner.map(lambda text: f"NOT ({text})")
    ),
    max_leaves=4,
)


@settings(max_examples=300)
@given(expression=_EXPRESSIONS, rows=st.lists(_ROW, max_size=6))
def test_the_mask_is_what_where_admits(expression: str, rows: list[dict[str, Any]]):
    table = pa.Table.from_pylist(rows, schema=_SCHEMA)
    tree = row_filter.check(expression, COLUMNS)
    found = admitted(tree, {name: table.column(name) for name in table.schema.names}, table.num_rows)
    connection = _CONNECTION
    connection.register("given", table.append_column("position", pa.array(range(table.num_rows), pa.int64())))
    kept = {row[0] for row in connection.execute(f"SELECT position FROM given WHERE {expression}").fetchall()}
    assert found.to_pylist() == [index in kept for index in range(table.num_rows)]


@settings(max_examples=200)
@given(text=st.text(max_size=40))
def test_any_text_is_either_an_expression_or_refused(text: str):
    with contextlib.suppress(row_filter.Refusal):
        row_filter.check(text, COLUMNS)


def test_a_constant_is_not_rounded_before_it_is_compared():
    rows = {
        "m": pa.chunked_array(
            [pa.array([decimal.Decimal("1.00"), decimal.Decimal("1.01")], pa.decimal128(10, 2))]
        )
    }
    tree = row_filter.check("m > 1.005", COLUMNS)
    assert admitted(tree, rows, 2).to_pylist() == [False, True]


@pytest.mark.parametrize("count", [0, 3])
def test_true_admits_every_row(count):
    assert admitted(row_filter.parse("TRUE"), {}, count).to_pylist() == [True] * count
