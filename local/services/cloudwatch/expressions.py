"""Metric math: arithmetic, comparisons and the common functions over time series."""

from __future__ import annotations

import ast
import itertools
import math
import operator
import re
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.services.cloudwatch.series import Series

_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: a / b if b else math.nan,
    ast.Pow: operator.pow,
    ast.Gt: lambda a, b: float(a > b),
    ast.GtE: lambda a, b: float(a >= b),
    ast.Lt: lambda a, b: float(a < b),
    ast.LtE: lambda a, b: float(a <= b),
    ast.Eq: lambda a, b: float(a == b),
    ast.NotEq: lambda a, b: float(a != b),
    ast.And: lambda a, b: float(bool(a) and bool(b)),
    ast.Or: lambda a, b: float(bool(a) or bool(b)),
}
_REDUCERS: dict[str, Callable[[Sequence[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_MAPPERS: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class ExpressionError(ValueError):
    """A metric math expression that cannot be evaluated; the text says why."""


def evaluate(expression: str, known: dict[str, Any], *, axis: list[int], metrics: dict[str, Series]) -> Any:
    """Evaluate an expression.

    Args:
        expression: CloudWatch metric math.
        known: Ids to series or numbers, of metrics and of earlier expressions.
        axis: Starts of all periods of the time range, for FILL.
        metrics: Ids to series of the metrics alone, for METRICS().

    Returns:
        A series, a number, or a list of series.

    Raises:
        ExpressionError: Unknown id or function, or wrong syntax.

    Example:
        >>> evaluate("100 * m1 / m2", {"m1": {0: 1.0, 60: 2.0}, "m2": {60: 4.0}}, axis=[0, 60], metrics={})
        {60: 50.0}
        >>> evaluate("IF(FILL(m1, 0) > 0 AND 1, 7, 3)", {"m1": {60: 1.0}}, axis=[0, 60], metrics={})
        {0: 3.0, 60: 7.0}
    """
    text = re.sub(r"\bAND\b|&&", " and ", expression.strip())
    text = re.sub(r"\bOR\b|\|\|", " or ", text).replace("^", "**")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(f"Metric math '{expression}' has wrong syntax: {error.msg}") from error
    return _Evaluation(expression, known, axis, metrics).value(tree)


class _Evaluation:
    def __init__(self, text: str, known: dict[str, Any], axis: list[int], metrics: dict[str, Series]) -> None:
        self._text, self._known, self._axis, self._metrics = text, known, axis, metrics

    def value(self, node: ast.expr) -> Any:
        handler = _NODES.get(type(node))
        if handler is None:
            raise ExpressionError(f"Metric math '{self._text}' uses something that is not supported here")
        return handler(self, node)

    def constant(self, node: ast.Constant) -> Any:
        return node.value

    def array(self, node: ast.List) -> Any:
        return [self.value(item) for item in node.elts]

    def unary(self, node: ast.UnaryOp) -> Any:
        return _map(self.value(node.operand), operator.neg if isinstance(node.op, ast.USub) else _not)

    def binary(self, node: ast.BinOp) -> Any:
        return self._operate(node.op, self.value(node.left), self.value(node.right))

    def comparison(self, node: ast.Compare) -> Any:
        return self._operate(node.ops[0], self.value(node.left), self.value(node.comparators[0]))

    def logical(self, node: ast.BoolOp) -> Any:
        first, *others = [self.value(item) for item in node.values]
        for other in others:
            first = self._operate(node.op, first, other)
        return first

    def _operate(self, kind: ast.AST, left: Any, right: Any) -> Any:
        operation = _OPERATORS.get(type(kind))
        if operation is None:
            raise ExpressionError(f"Metric math '{self._text}' uses an operator that is not supported here")
        return _combine(operation, left, right)

    def name(self, node: ast.Name) -> Any:
        return self._named(node.id)

    def call(self, node: ast.Call) -> Any:
        called = node.func.id if isinstance(node.func, ast.Name) else "this"
        return self._call(called, node.args)

    def _named(self, name: str) -> Any:
        if name in self._known:
            return self._known[name]
        if name in {"REPEAT", "LINEAR"}:
            return name
        raise ExpressionError(f"Metric math '{self._text}' names '{name}', which is no id of a metric")

    def _call(self, name: str, arguments: list[ast.expr]) -> Any:
        values = [self.value(item) for item in arguments]
        function = self._functions().get(name)
        if function is None:
            raise ExpressionError(f"Metric math '{self._text}' uses {name}(), which is not supported here")
        try:
            return function(*values)
        except (IndexError, TypeError, AttributeError) as error:
            raise ExpressionError(f"Metric math '{self._text}' gives {name}() the wrong arguments") from error

    def _functions(self) -> dict[str, Callable[..., Any]]:
        reducers = {name: partial(_reduce, reducer) for name, reducer in _REDUCERS.items()}
        mappers = {name: partial(_map_with, change) for name, change in _MAPPERS.items()}
        return {
            **reducers,
            **mappers,
            "METRICS": lambda part="": [s for key, s in self._metrics.items() if str(part) in key],
            "FILL": self._fill,
            "IF": self._if,
            "DIFF": partial(_difference, per_second=False),
            "RATE": partial(_difference, per_second=True),
            "RUNNING_SUM": _running_sum,
            "TIME_SERIES": lambda number: dict.fromkeys(self._axis, float(number)),
            "PERIOD": lambda _: float(self._axis[1] - self._axis[0]) if len(self._axis) > 1 else 60.0,
        }

    def _fill(self, series: Any, filler: Any) -> Any:
        if isinstance(series, list):
            return [self._fill(item, filler) for item in series]
        filled: Series = {}
        last: float | None = None
        for at in self._axis:
            value = series.get(at, last if filler in {"REPEAT", "LINEAR"} else _number(filler, at))
            if value is not None:
                filled[at] = last = value
        return filled

    def _if(self, condition: Any, then: Any, otherwise: Any = None) -> Any:
        if not isinstance(condition, dict):
            return then if condition else otherwise
        picked = {at: _number(then if flag else otherwise, at) for at, flag in condition.items()}
        return {at: value for at, value in picked.items() if value is not None}


_NODES: dict[type[ast.AST], Callable[[_Evaluation, Any], Any]] = {
    ast.Constant: _Evaluation.constant,
    ast.Name: _Evaluation.name,
    ast.List: _Evaluation.array,
    ast.UnaryOp: _Evaluation.unary,
    ast.BinOp: _Evaluation.binary,
    ast.Compare: _Evaluation.comparison,
    ast.BoolOp: _Evaluation.logical,
    ast.Call: _Evaluation.call,
}


def _map_with(change: Callable[[float], float], value: Any) -> Any:
    return _map(value, change)


def _number(value: Any, at: int) -> float | None:
    if isinstance(value, dict):
        return value.get(at)
    return None if value is None else float(value)


def _not(value: float) -> float:
    return float(not value)


def _map(value: Any, change: Callable[[float], float]) -> Any:
    if isinstance(value, dict):
        return {at: change(item) for at, item in value.items()}
    return [_map(item, change) for item in value] if isinstance(value, list) else change(value)


def _combine(operation: Callable[[float, float], float], left: Any, right: Any) -> Any:
    if isinstance(left, list):
        return [_combine(operation, item, right) for item in left]
    if isinstance(right, list):
        return [_combine(operation, left, item) for item in right]
    if not isinstance(left, dict) and not isinstance(right, dict):
        return operation(left, right)
    times = sorted(
        set(left) & set(right)
        if isinstance(left, dict) and isinstance(right, dict)
        else set(left if isinstance(left, dict) else right)
    )
    combined = {at: operation(_number(left, at) or 0.0, _number(right, at) or 0.0) for at in times}
    return {at: value for at, value in combined.items() if not math.isnan(value)}


def _reduce(reducer: Callable[[Sequence[float]], float], value: Any) -> Any:
    if isinstance(value, dict):
        return float(reducer(list(value.values()))) if value else {}
    series = [item for item in value if isinstance(item, dict)]
    times = sorted({at for item in series for at in item})
    return {at: float(reducer([item[at] for item in series if at in item])) for at in times}


def _difference(series: Series, *, per_second: bool) -> Series:
    times = sorted(series)
    pairs = itertools.pairwise(times)
    return {b: (series[b] - series[a]) / ((b - a) if per_second else 1) for a, b in pairs}


def _running_sum(series: Series) -> Series:
    total, result = 0.0, {}
    for at in sorted(series):
        total += series[at]
        result[at] = total
    return result
