"""Dates and times: Trino keeps the type of its argument, and counts whole units between two moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.rules.rule import call, unit_of

if TYPE_CHECKING:
    from local.athena.rules.rule import Rule

_JODA = (
    ("yyyy", "%Y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"),
    ("mm", "%M"), ("ss", "%S"), ("SSSSSS", "%f"), ("SSS", "%g"), ("EEEE", "%A"), ("EEE", "%a"), ("yy", "%y"),
    ("DDD", "%j"), ("a", "%p"), ("ZZ", "%z"), ("Z", "%z"),
)  # fmt: skip


def _date_add(node: exp.Expression) -> exp.Expression:
    amount = node.expression
    if not isinstance(amount, exp.Interval):
        amount = exp.Interval(this=exp.Paren(this=amount), unit=exp.Var(this=unit_of(node).name.upper()))
    return call("TRINO_PLUS", node.this, amount)


def _plus(node: exp.Expression) -> exp.Expression:
    left, right = node.this, node.expression
    if isinstance(left, exp.Interval) == isinstance(right, exp.Interval):
        return node
    if isinstance(left, exp.Interval):
        left, right = right, left
    return call("TRINO_MINUS" if isinstance(node, exp.Sub) else "TRINO_PLUS", left, right)


def joda_to_strftime(pattern: str) -> str:
    """A Joda pattern (format_datetime) as strftime's.

    Example:
        >>> joda_to_strftime("yyyy-MM-dd'T'HH:mm")
        '%Y-%m-%dT%H:%M'
    """
    result, position = "", 0
    while position < len(pattern):
        if pattern[position] == "'":
            end = pattern.find("'", position + 1)
            result += pattern[position + 1 : end] or "'"
            position = end + 1
            continue
        token, value = next(
            ((t, v) for t, v in _JODA if pattern.startswith(t, position)), (pattern[position],) * 2
        )
        result += value
        position += len(token)
    return result


def _format_datetime(node: exp.Expression) -> exp.Expression:
    value, pattern = node.expressions
    return call("strftime", value, exp.Literal.string(joda_to_strftime(pattern.name)))


def _parse_datetime(node: exp.Expression) -> exp.Expression:
    pattern = node.args["format"]
    return exp.cast(
        call("strptime", node.this, exp.Literal.string(joda_to_strftime(pattern.name))), "timestamptz"
    )


def _date_parse(node: exp.Expression) -> exp.Expression:
    return (
        exp.cast(node.copy(), "timestamp_ms", dialect="duckdb")
        if not isinstance(node.parent, exp.Cast)
        else node
    )


def _localtimestamp(node: exp.Expression) -> exp.Expression:
    del node
    return exp.cast(exp.CurrentTimestamp(), "timestamp_ms", dialect="duckdb")


RULES: dict[type, Rule] = {
    exp.TimestampTrunc: lambda n: call("TRINO_DATE_TRUNC", unit_of(n), n.this),
    exp.DateTrunc: lambda n: call("TRINO_DATE_TRUNC", unit_of(n), n.this),
    exp.DateAdd: _date_add,
    exp.DateDiff: lambda n: call("DATE_SUB", unit_of(n), n.expression, n.this),
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.AtTimeZone: lambda n: call("TRINO_AT_TIMEZONE", n.this, n.args["zone"]),
    exp.ParseDatetime: _parse_datetime,
    exp.StrToTime: _date_parse,
    exp.Localtimestamp: _localtimestamp,
}
NAMED: dict[str, Rule] = {
    "at_timezone": lambda n: call("TRINO_AT_TIMEZONE", *n.expressions),
    "format_datetime": _format_datetime,
    "millisecond": lambda n: call("TRINO_MILLISECOND", *n.expressions),
}
