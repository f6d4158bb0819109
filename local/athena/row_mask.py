"""Which rows a row filter expression admits, computed on Arrow columns before any query sees them."""

from __future__ import annotations

import decimal
import functools
import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from local.services.lakeformation import row_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
}
_TURNED: dict[type, type] = {exp.GT: exp.LT, exp.GTE: exp.LTE, exp.LT: exp.GT, exp.LTE: exp.GTE}
# Wide enough for every decimal(38, s) beside a constant: nothing is rounded before it is compared.
_EXACT = pa.decimal256(76, 38)
_ANY_INTEGER = pa.decimal256(20, 0)


def admitted(tree: exp.Expression, columns: Mapping[str, Any], count: int) -> pa.ChunkedArray:
    """TRUE for each row that the expression admits, FALSE where it is false or unknown.

    Args:
        tree: an expression that Lake Formation accepted.
        columns: Arrow columns by lower-case name, at least those that the expression names.
        count: the number of rows.

    Example:
        >>> states = {"state": pa.chunked_array([["VIC", "NSW", None]])}
        >>> admitted(row_filter.parse("NOT state = 'VIC'"), states, 3).to_pylist()
        [False, True, False]
    """
    found = pc.fill_null(_Rows(columns, count).truth(tree), fill_value=False)
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


class _Rows:
    """The rows on which expressions are evaluated, in SQL's logic of three values."""

    def __init__(self, columns: Mapping[str, Any], count: int) -> None:
        self._columns = columns
        self._count = count

    def truth(self, node: exp.Expression) -> Any:
        """TRUE, FALSE or NULL for each row."""
        node = node.unnest()
        if isinstance(node, exp.And | exp.Or):
            join = pc.and_kleene if isinstance(node, exp.And) else pc.or_kleene
            return join(self.truth(node.left), self.truth(node.right))
        if isinstance(node, exp.Not):
            return pc.invert(self.truth(node.this))
        if isinstance(node, exp.Boolean):
            return pa.repeat(pa.scalar(bool(node.this)), self._count)
        if isinstance(node.this.unnest(), exp.Column):
            return self._of_column(node, self._column(node.this))
        turned = _TURNED.get(type(node), type(node))  # 'VIC' = state
        return _compared(turned, self._column(node.expression), node.this)

    def _of_column(self, node: exp.Expression, column: Any) -> Any:
        if isinstance(node, exp.Is):
            return pc.is_null(column)
        if isinstance(node, exp.Between):
            low, high = node.args["low"], node.args["high"]
            return pc.and_kleene(_compared(exp.GTE, column, low), _compared(exp.LTE, column, high))
        if isinstance(node, exp.In):
            return functools.reduce(
                pc.or_kleene, [_compared(exp.EQ, column, value) for value in node.expressions]
            )
        if isinstance(node, exp.Like):
            like = pc.match_substring_regex(column, pattern=_pattern(node.expression.unnest().name))
            return pc.invert(like) if node.args.get("negate") else like
        return _compared(type(node), column, node.expression)

    def _column(self, node: exp.Expression) -> Any:
        top, *fields = row_filter.path(node.unnest())
        column = self._columns[top]
        for name in fields:
            column = pc.struct_field(column, [column.type.get_field_index(name)])
        return column


def _compared(kind: type, column: Any, value: exp.Expression) -> Any:
    compare = _COMPARISONS[kind]
    bare = value.unnest()
    if isinstance(bare, exp.Boolean):
        return compare(column, pa.scalar(bool(bare.this)))
    sign = -1 if isinstance(bare, exp.Neg) else 1
    literal = bare.this if isinstance(bare, exp.Neg) else bare
    if literal.is_string:
        return compare(column.cast(pa.large_string()), pa.scalar(literal.name, pa.large_string()))
    number = sign * decimal.Decimal(literal.name)
    if pa.types.is_floating(column.type):
        return compare(column.cast(pa.float64()), pa.scalar(float(number)))
    # Arrow wants room for any integer of a width, so integers take a step more.
    exact = column.cast(_ANY_INTEGER) if pa.types.is_integer(column.type) else column
    return compare(exact.cast(_EXACT), pa.scalar(number, _EXACT))


def _pattern(like: str) -> str:
    """LIKE's pattern as a regular expression; `match_like` takes backslashes now as escapes, now as themselves.

    Example:
        >>> print(_pattern("V_C%"))
        (?s)^V.C.*$
    """
    wild = {"%": ".*", "_": "."}
    return "(?s)^" + "".join(wild.get(char) or re.escape(char) for char in like) + "$"
