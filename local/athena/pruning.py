"""Conditions from the plan, used before a byte is read: on partition values, and as Iceberg expressions."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import sqlglot
from pyiceberg import expressions as ice
from sqlglot import exp

from local.athena import duck
from local.athena.planning import columns_in

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPARISONS: dict[type, tuple[Callable[..., Any], Callable[..., Any]]] = {
    exp.EQ: (ice.EqualTo, ice.EqualTo),
    exp.GT: (ice.GreaterThan, ice.LessThan),
    exp.GTE: (ice.GreaterThanOrEqual, ice.LessThanOrEqual),
    exp.LT: (ice.LessThan, ice.GreaterThan),
    exp.LTE: (ice.LessThanOrEqual, ice.GreaterThanOrEqual),
}


def matching_rows(candidates: pa.Table, conditions: tuple[str, ...]) -> list[int]:
    """The row numbers of `candidates` that can fulfil the conditions.

    Conditions on columns that `candidates` lacks, or that DuckDB cannot evaluate alone, exclude nothing.

    Example:
        >>> days = pa.table({"day": ["2013-01-01", "2013-01-02"]})
        >>> matching_rows(days, ("(day = '2013-01-02')", "(carrier = 'UA')"))
        [1]
        >>> matching_rows(pa.table({"$path": ["s3://a/b", "s3://a/c"]}), ("$path IN ('s3://a/c')",))
        [1]
    """
    names = {name.lower(): name for name in candidates.schema.names}
    usable = [part for text in conditions for part in _conjuncts(text) if _about(part, names)]
    everything = list(range(candidates.num_rows))
    if not usable or not everything:
        return everything
    numbered = candidates.append_column("trino_row", pa.array(everything, pa.int64()))
    connection = duck.connect()
    connection.register("candidates", numbered)
    kept = set(everything)
    for condition in usable:
        try:
            rows = connection.execute(f"SELECT trino_row FROM candidates WHERE {condition}").fetchall()
        except duckdb.Error:
            continue
        kept &= {row[0] for row in rows}
    connection.unregister("candidates")
    duck.give_back(connection)
    return sorted(kept)


def iceberg_filter(conditions: tuple[str, ...], schema: pa.Schema) -> Any:
    """The conditions as one Iceberg expression; what it cannot say is left to the engine.

    Example:
        >>> str(iceberg_filter(("(a >= 3)",), pa.schema([("a", pa.int64())])))
        "GreaterThanOrEqual(term=Reference(name='a'), literal=LongLiteral(3))"
    """
    kinds = {field.name.lower(): field for field in schema}
    result: Any = ice.AlwaysTrue()
    for text in conditions:
        try:
            tree = sqlglot.parse_one(text, dialect="duckdb")
        except sqlglot.errors.SqlglotError:
            continue
        result = ice.And(result, _expression(tree, kinds))
    return result


def _conjuncts(text: str) -> list[str]:
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return [text]
    tree = tree.unnest().transform(_hidden_column)
    parts = tree.flatten() if isinstance(tree, exp.And) else (tree,)
    return [part.sql(dialect="duckdb") for part in parts]


def _hidden_column(node: exp.Expression) -> exp.Expression:
    """DuckDB quotes no name in a condition, and a column such as `$path` reads as a parameter."""
    return exp.column(f"${node.name}", quoted=True) if isinstance(node, exp.Placeholder) else node


def _about(condition: str, names: dict[str, str]) -> bool:
    used = columns_in(condition, {"?": "?"})
    return bool(used) and used <= set(names)


def _expression(node: exp.Expression, kinds: dict[str, pa.Field]) -> Any:
    """Never narrower than the condition: whatever is not understood becomes AlwaysTrue."""
    node = node.unnest()
    if isinstance(node, exp.And):
        return ice.And(_expression(node.left, kinds), _expression(node.right, kinds))
    if isinstance(node, exp.Or):
        return ice.Or(_expression(node.left, kinds), _expression(node.right, kinds))
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        field = _field(node.this, kinds)
        return ice.IsNull(field.name) if field is not None else ice.AlwaysTrue()
    if isinstance(node, exp.In):
        return _in(node, kinds)
    if isinstance(node, exp.Between):
        low = exp.GTE(this=node.this, expression=node.args["low"])
        high = exp.LTE(this=node.this, expression=node.args["high"])
        return ice.And(_expression(low, kinds), _expression(high, kinds))
    if type(node) in _COMPARISONS:
        return _comparison(node, kinds)
    return ice.AlwaysTrue()


def _comparison(node: exp.Expression, kinds: dict[str, pa.Field]) -> Any:
    straight, turned = _COMPARISONS[type(node)]
    for column, value, make in ((node.left, node.right, straight), (node.right, node.left, turned)):
        field = _field(column, kinds)
        literal = _literal(value, field) if field is not None else None
        if field is not None and literal is not None:
            return make(field.name, literal)
    return ice.AlwaysTrue()


def _in(node: exp.In, kinds: dict[str, pa.Field]) -> Any:
    field = _field(node.this, kinds)
    values = [_literal(value, field) for value in node.expressions] if field is not None else []
    if field is None or not values or any(value is None for value in values):
        return ice.AlwaysTrue()
    return ice.In(field.name, values)


def _field(node: exp.Expression, kinds: dict[str, pa.Field]) -> pa.Field | None:
    return kinds.get(node.name.lower()) if isinstance(node, exp.Column) else None


def _literal(node: exp.Expression, field: pa.Field) -> Any:
    """The constant as Python, when its type is one that Iceberg compares as DuckDB does; else None."""
    inner = node.unnest()
    inner = inner.this if isinstance(inner, exp.Cast) else inner
    sign = -1 if isinstance(inner, exp.Neg) else 1
    inner = inner.this if isinstance(inner, exp.Neg) else inner
    if not isinstance(inner, exp.Literal):
        return None
    if pa.types.is_date(field.type) and inner.is_string:
        return dt.date.fromisoformat(inner.name) if len(inner.name) == len("2013-01-01") else None
    if pa.types.is_integer(field.type) and inner.is_int:
        return sign * int(inner.name)
    if (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)) and inner.is_string:
        return inner.name
    return None
