"""Values and aggregates: casts, constants, percentiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.rules.rule import call

if TYPE_CHECKING:
    from local.athena.rules.rule import Rule

_MILLISECONDS = 3


def _cast(node: exp.Expression) -> exp.Expression:
    kind = node.args["to"]
    if kind.this in {exp.DataType.Type.TIMESTAMP, exp.DataType.Type.DATETIME}:
        precision = int(kind.expressions[0].name) if kind.expressions else _MILLISECONDS
        wanted = "TIMESTAMP_MS" if precision <= _MILLISECONDS else "TIMESTAMP"
        node.set("to", exp.DataType.build(wanted, dialect="duckdb"))
    elif kind.this == exp.DataType.Type.TIMESTAMPTZ:
        node.set("to", exp.DataType.build("TIMESTAMPTZ", dialect="duckdb"))
    elif kind.this == exp.DataType.Type.DECIMAL and not kind.expressions:
        node.set("to", exp.DataType.build(_decimal_of(node.this), dialect="duckdb"))
    elif kind.this == exp.DataType.Type.JSON:
        return call("TO_JSON", node.this)
    return node


def _decimal_of(value: exp.Expression) -> str:
    """A literal such as DECIMAL '1.50' has just its digits; anything else becomes Trino's default, decimal(38, 0)."""
    found = re.fullmatch(r"[+-]?(\d*)(?:\.(\d*))?", value.name) if isinstance(value, exp.Literal) else None
    if found is None:
        return "DECIMAL(38, 0)"
    whole, fraction = len(found[1].lstrip("0")), len(found[2] or "")
    return f"DECIMAL({max(1, whole + fraction)}, {fraction})"


def _count_distinct(node: exp.Expression) -> exp.Expression:
    return exp.Count(this=exp.Distinct(expressions=[node.this]))


def _typed_texts(node: exp.Expression) -> exp.Expression:
    """Text constants as varchar: DuckDB would read a bare one as whatever it is compared with, Trino never does."""
    for key in ("this", "low", "high", "expressions"):
        found = node.args.get(key)
        for item in found if isinstance(found, list) else [found]:
            if isinstance(item, exp.Literal) and item.is_string:
                item.replace(exp.cast(item.copy(), "varchar", dialect="duckdb"))
    return node


def _random(node: exp.Expression) -> exp.Expression:
    if node.this is None:
        return node
    return exp.cast(call("floor", exp.Mul(this=call("random"), expression=node.this)), "bigint")


RULES: dict[type, Rule] = {
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.ApproxQuantile: lambda n: call("quantile_disc", n.this, n.args["quantile"]),
    exp.ApproxDistinct: _count_distinct,
    exp.Between: _typed_texts,
    exp.Coalesce: _typed_texts,
    exp.Rand: _random,
    exp.Typeof: lambda n: call("TRINO_TYPEOF", n.this),
}
NAMED: dict[str, Rule] = {"every": lambda n: call("bool_and", *n.expressions)}
