"""The expression of GetPartitions: SQL over the keys, such as `day >= '2013-01-01' AND region = 'au'`."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NUMBERS = ("int", "bigint", "smallint", "tinyint", "long", "float", "double", "decimal")
_COMPARED: dict[type[exp.Expression], Callable[[Any, Any], bool]] = {
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
}


def matching(
    partitions: Sequence[dict[str, Any]], keys: Sequence[dict[str, Any]], expression: str | None
) -> list[dict[str, Any]]:
    """The partitions whose values the expression admits; all of them without one.

    Raises:
        Refusal: when the expression cannot be read, with what Glue understands.

    Example:
        >>> keys = [{"Name": "year", "Type": "int"}]
        >>> matching([{"Values": ["2013"]}, {"Values": ["2014"]}], keys, "year > 2013")
        [{'Values': ['2014']}]
    """
    if not expression or not expression.strip():
        return list(partitions)
    try:
        tree = sqlglot.parse_one(expression, dialect="hive")
        return [partition for partition in partitions if _holds(tree, _row(partition, keys))]
    except (sqlglot.errors.ParseError, TypeError, KeyError, NotImplementedError) as error:
        names = ", ".join(key["Name"] for key in keys)
        raise Refusal(
            "InvalidInputException",
            f"Unsupported expression {expression!r}: {error}. Use =, <>, <, <=, >, >=, IN, BETWEEN, LIKE, "
            f"AND, OR, NOT over the partition keys {names}.",
        ) from error


def _row(partition: dict[str, Any], keys: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        key["Name"].lower(): _typed(value, key.get("Type", "string"))
        for key, value in zip(keys, partition["Values"], strict=False)
    }


def _typed(value: str, kind: str) -> Any:
    if not kind.lower().startswith(_NUMBERS):
        return value
    try:
        return float(value)
    except ValueError:
        return None


def _holds(tree: exp.Expression, row: dict[str, Any]) -> bool:
    if isinstance(tree, (exp.Paren, exp.Not)):
        return _holds(tree.this, row) != isinstance(tree, exp.Not)
    if isinstance(tree, (exp.And, exp.Or)):
        sides = (_holds(side, row) for side in (tree.this, tree.expression))
        return all(sides) if isinstance(tree, exp.And) else any(sides)
    return _is_true(tree, row)


def _is_true(tree: exp.Expression, row: dict[str, Any]) -> bool:
    if isinstance(tree, exp.In):
        return any(_compare(operator.eq, tree.this, value, row) for value in tree.expressions)
    if isinstance(tree, exp.Between):
        above = _compare(operator.ge, tree.this, tree.args["low"], row)
        return above and _compare(operator.le, tree.this, tree.args["high"], row)
    if isinstance(tree, exp.Like):
        pattern = re.escape(str(_value(tree.expression, row))).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, str(_value(tree.this, row))) is not None
    if type(tree) in _COMPARED:
        return _compare(_COMPARED[type(tree)], tree.this, tree.expression, row)
    raise NotImplementedError(f"{tree.sql()} is not a comparison")


def _compare(
    how: Callable[[Any, Any], bool], left: exp.Expression, right: exp.Expression, row: dict[str, Any]
) -> bool:
    first, second = _value(left, row), _value(right, row)
    if first is None or second is None:
        return False
    if isinstance(first, float) != isinstance(second, float):
        if isinstance(first, float):
            second = float(second)
        else:
            first = float(first) if isinstance(left, exp.Literal) else first
            second = second if isinstance(first, float) else _shown(second)
    return how(first, second)


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _value(tree: exp.Expression, row: dict[str, Any]) -> Any:
    if isinstance(tree, exp.Column):
        if tree.name.lower() not in row:
            raise KeyError(f"{tree.name} is not a partition key")
        return row[tree.name.lower()]
    if isinstance(tree, exp.Literal):
        return tree.this if tree.is_string else float(tree.this)
    if isinstance(tree, (exp.Cast, exp.Paren, exp.TsOrDsToDate, exp.Date)):
        return _value(tree.this, row)
    if isinstance(tree, exp.Neg):
        return -_value(tree.this, row)
    raise NotImplementedError(f"{tree.sql()} is not a value")
