"""Arrays and maps: lambdas with two parameters, matches, and order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.errors import not_supported
from local.athena.rules.rule import call

if TYPE_CHECKING:
    from local.athena.rules.rule import Rule


def _finish_reduce(node: exp.Expression) -> exp.Expression:
    finish = node.args.get("finish")
    reduced = exp.Reduce(this=node.this, initial=node.args["initial"], merge=node.args["merge"])
    return _applied(finish, reduced) if isinstance(finish, exp.Lambda) else reduced


def _applied(function: exp.Lambda, *arguments: exp.Expression) -> exp.Expression:
    """The body of a lambda with its parameters replaced."""
    values = {name.name.lower(): value for name, value in zip(function.expressions, arguments, strict=False)}
    body = exp.Paren(this=function.this.copy())
    for found in list(body.find_all(exp.Identifier)):
        column = found.parent if isinstance(found.parent, exp.Column) else found
        if found.name.lower() in values and not (isinstance(column, exp.Column) and column.table):
            column.replace(values[found.name.lower()].copy())
    return body


def _over_pairs(
    node: exp.Anonymous, pairs: exp.Expression, fields: tuple[str, str], kind: str
) -> exp.Expression:
    """`list_transform` or `list_filter` over two-field structs, for a lambda with two parameters."""
    pair = exp.Column(this=exp.to_identifier("trino_pair"))
    parts = [exp.Dot(this=pair.copy(), expression=exp.to_identifier(field)) for field in fields]
    body = _applied(node.expressions[-1], *parts)
    return call(kind, pairs, exp.Lambda(this=body, expressions=[exp.to_identifier("trino_pair")]))


def _zip_with(node: exp.Expression) -> exp.Expression:
    first, second, function = node.expressions
    rows = call("list_zip", first, second)
    pair = exp.Column(this=exp.to_identifier("trino_pair"))
    parts = [exp.Bracket(this=pair.copy(), expressions=[exp.Literal.number(i)]) for i in (0, 1)]
    body = _applied(function, *parts)
    return call("list_transform", rows, exp.Lambda(this=body, expressions=[exp.to_identifier("trino_pair")]))


def _map_filter(node: exp.Expression) -> exp.Expression:
    entries = call("map_entries", node.expressions[0])
    return call("map_from_entries", _over_pairs(node, entries, ("key", "value"), "list_filter"))


def _transform_values(node: exp.Expression) -> exp.Expression:
    source = node.expressions[0]
    values = _over_pairs(node, call("map_entries", source), ("key", "value"), "list_transform")
    return call("map", call("map_keys", source.copy()), values)


def _matches(kind: str) -> Rule:
    def rule(node: exp.Expression) -> exp.Expression:
        items, function = node.expressions
        kept = call("len", call("list_filter", items, function))
        if kind == "any":
            return exp.Paren(this=exp.GT(this=kept, expression=exp.Literal.number(0)))
        other = call("len", items.copy()) if kind == "all" else exp.Literal.number(0)
        return exp.Paren(this=exp.EQ(this=kept, expression=other))

    return rule


def _sort(node: exp.Expression) -> exp.Expression:
    if node.expression is not None:
        raise not_supported("array_sort with a comparator is not available in the embedded engine")
    return call("list_sort", node.this, exp.Literal.string("ASC"), exp.Literal.string("NULLS LAST"))


def _sequence(node: exp.Expression) -> exp.Expression:
    return call("TRINO_SEQUENCE", node.args["start"], node.args["end"], node.args.get("step"))


def _unnest(node: exp.Expression) -> exp.Expression:
    """UNNEST with several columns: arrays side by side, or one map; DuckDB unnests those in a SELECT only."""
    alias = node.args.get("alias")
    names = list(alias.args.get("columns") or []) if alias is not None else []
    sources = list(node.expressions)
    if node.args.get("offset") or len(names) < 2:  # noqa: PLR2004 - one array has one column
        return node
    if len(sources) == 1:
        sources = [call("map_keys", sources[0]), call("map_values", sources[0].copy())]
    columns = [
        exp.alias_(call("unnest", item), name.copy()) for item, name in zip(sources, names, strict=False)
    ]
    return exp.Lateral(this=exp.Subquery(this=exp.select(*columns)), alias=alias)


def _map_agg(node: exp.Expression) -> exp.Expression:
    return call("map_from_entries", call("array_agg", exp.Tuple(expressions=node.expressions)))


RULES: dict[type, Rule] = {
    exp.Reduce: _finish_reduce,
    exp.ArrayDistinct: lambda n: call("TRINO_DISTINCT", n.this),
    exp.ArraySize: lambda n: call("TRINO_CARDINALITY", n.this),
    exp.ArraySort: _sort,
    exp.GenerateSeries: _sequence,
    exp.Unnest: _unnest,
}
NAMED: dict[str, Rule] = {
    "zip_with": _zip_with,
    "map_filter": _map_filter,
    "transform_values": _transform_values,
    "any_match": _matches("any"),
    "all_match": _matches("all"),
    "none_match": _matches("none"),
    "map_agg": _map_agg,
}
