"""Which rows break a rule, as the quality gate judges in Athena (`data_platform.contracts.checks_sql`).

- NULL passes every rule but `required`: whether a value may be missing is that rule's business alone.
- A value that cannot be cast is NULL to every rule but `type`, and it is not missing to `required`.
- A pattern must match the whole value, whether or not it is written with ^ and $.
- NaN lies outside any range.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from stream_loader import casts

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_loader.plan import Column, Rule

_COMPARE = {
    "minimum": (pc.less, ROUND_CEILING),
    "exclusiveMinimum": (pc.less_equal, ROUND_FLOOR),
    "maximum": (pc.greater, ROUND_FLOOR),
    "exclusiveMaximum": (pc.greater_equal, ROUND_CEILING),
}
_LENGTHS = {"minLength": pc.less, "maxLength": pc.greater}


def offenders(rule: Rule, column: Column, raw: pa.Array, values: pa.Array) -> pa.Array:
    """For each row whether it breaks the rule.

    Args:
        rule: The rule.
        column: The column that it looks at.
        raw: The column in its raw type.
        values: The column in its type from staged on.

    Raises:
        ValueError: when the rule's kind is unknown.

    Example:
        >>> from stream_loader.plan import Column, Rule
        >>> at_least = Rule(id="a.range", kind="minimum", column="a", severity="error", argument=1)
        >>> numbers = pa.array([0, 1, None])
        >>> offenders(at_least, Column(name="a", type="int", target="int"), numbers, numbers).to_pylist()
        [True, False, False]
    """
    if rule.kind in ("required", "type"):
        there = casts.present(raw, column.type, column.target)
        return pc.invert(there) if rule.kind == "required" else pc.and_(there, values.is_null())
    if rule.kind in _COMPARE:
        offending = _outside(rule, values)
    elif rule.kind in _LENGTHS:
        offending = _LENGTHS[rule.kind](pc.utf8_length(_as_text(values)), int(rule.argument))
    elif rule.kind in _KINDS:
        offending = _KINDS[rule.kind](rule, values)
    else:
        raise ValueError(f"rule {rule.id}: {rule.kind!r} is none that one row can break")
    return pc.fill_null(offending, fill_value=False)


def _accepted(rule: Rule, values: pa.Array) -> pa.Array:
    scalars = (_scalar(value, values.type) for value in rule.argument)
    allowed = pa.array([scalar for scalar in scalars if scalar is not None], values.type)
    if pa.types.is_floating(values.type):
        values, allowed = pc.add(values, 0.0), pc.add(allowed, 0.0)  # to SQL -0.0 is 0.0
    return pc.and_(values.is_valid(), pc.invert(pc.is_in(values, value_set=allowed)))


def _pattern(rule: Rule, values: pa.Array) -> pa.Array:
    # \A and \z, since $ also matches before a line break at the end.
    texts = _as_text(values)
    try:
        return pc.invert(pc.match_substring_regex(texts, rf"\A(?:{rule.argument})\z"))
    except pa.ArrowInvalid:  # what RE2 lacks, such as a look-ahead, Python's own expressions have
        whole = re.compile(rule.argument)
        found = [None if value is None else whole.fullmatch(value) is None for value in texts.to_pylist()]
        return pa.array(found, pa.bool_())


def _outside(rule: Rule, values: pa.Array) -> pa.Array:
    compare, rounding = _COMPARE[rule.kind]
    if pa.types.is_floating(values.type):
        return pc.or_(compare(values, pa.scalar(float(rule.argument), pa.float64())), pc.is_nan(values))
    if pa.types.is_temporal(values.type):
        return compare(values, pa.scalar(_moment(rule.argument, values.type), values.type))
    bound = Decimal(str(rule.argument))
    if pa.types.is_decimal(values.type):
        return compare(values, pa.scalar(bound))
    return compare(values.cast(pa.int64()), int(bound.to_integral_value(rounding)))


def _scalar(value: Any, kind: pa.DataType) -> Any:
    """A value of the contract in the column's type; None when no value of the column can equal it."""
    if pa.types.is_temporal(kind):
        return _moment(value, kind)
    if pa.types.is_decimal(kind):
        exact = Decimal(str(value))
        return exact if exact == round(exact, kind.scale) else None
    if pa.types.is_string(kind):
        return str(value)
    return value


def _moment(value: Any, kind: pa.DataType) -> dt.date:
    if pa.types.is_date(kind):
        return dt.date.fromisoformat(str(value)[:10])
    moment = dt.datetime.fromisoformat(str(value))
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _as_text(values: pa.Array) -> pa.Array:
    return values if pa.types.is_string(values.type) else values.cast(pa.string())


_KINDS: dict[str, Callable[[Rule, pa.Array], pa.Array]] = {"values": _accepted, "pattern": _pattern}
