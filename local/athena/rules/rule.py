"""A rule: from a node of Trino's tree to the node that says the same to DuckDB."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

Rule = Callable[[exp.Expression], exp.Expression]


def call(name: str, *arguments: exp.Expression | None) -> exp.Anonymous:
    """A function call that sqlglot renders as it is."""
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])


def unit_of(node: exp.Expression) -> exp.Literal:
    """The time unit of a date function, as DuckDB spells it."""
    unit = node.args.get("unit")
    return exp.Literal.string(unit.name.lower() if unit is not None else "day")
