"""A check's limit in words for people and as a condition for Athena."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.enforced import ROW_KINDS
from data_platform.contracts.sql_text import number

if TYPE_CHECKING:
    from data_platform.contracts.model import Check, Limit

_SQL = {"==": "=", "!=": "<>"}


def limit_text(check: Check) -> str:
    """The limit as a person reads it."""
    if check.limit is None:
        return "no offending row" if check.kind in ROW_KINDS else "measured only"
    return _words(check.limit)


def _words(limit: Limit) -> str:
    unit = {"rows": " rows", "percent": " %", "seconds": " s", "value": ""}[limit.unit]
    if limit.operator == "between":
        return f"between {limit.value:.15g} and {_upper(limit):.15g}{unit}"
    return f"{limit.operator} {limit.value:.15g}{unit}"


def within(limit: Limit, measured: str) -> str:
    """The condition under which a measured value keeps the limit.

    Example:
        >>> from data_platform.contracts.model import Limit
        >>> within(Limit(operator="between", value=1, upper=2), "x")
        'x BETWEEN 1E0 AND 2E0'
    """
    if limit.operator == "between":
        return f"{measured} BETWEEN {number(limit.value)} AND {number(_upper(limit))}"
    return f"{measured} {_SQL.get(limit.operator, limit.operator)} {number(limit.value)}"


def _upper(limit: Limit) -> float:
    if limit.upper is None:
        raise ValueError("a limit with operator `between` needs `upper`")
    return limit.upper
