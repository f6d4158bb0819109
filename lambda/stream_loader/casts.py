"""The value from staged on of a raw value, where a contract has a `sourceType`; NULL where there is none without loss.

The same as the SQL of the merge makes (`data_platform.contracts.casts`): the loader must know it before, as a row that
does not cast is a dead letter.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.raw.arrow_types import arrow_type, decimal_of

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = r"([0-9]+([.][0-9]*)?|[.][0-9]+)"
_TEXTS = {
    "integer": re.compile(r"[+-]?[0-9]+"),
    "decimal": re.compile(f"[+-]?{_NUMBER}"),
    "float": re.compile(f"[+-]?{_NUMBER}([eE][+-]?[0-9]+)?"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
_UTC = r"(Z|[+]00(:?00)?)"
_FINE = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[T ]([0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]{{1,6}})?){_UTC}?"
)
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?"
_ZONED = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}(Z|[+-][0-9]{{2}}:?[0-9]{{2}})?")
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_GREATEST = {"float": 3.4028234e38, "double": 1.7976931348623157e308}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_CONTEXT = Context(prec=400)


def typed(values: pa.Array, source: str, target: str) -> pa.Array:
    """The typed values of a raw column.

    Args:
        values: The raw column.
        source: Its type in raw.
        target: The type from staged on.

    Example:
        >>> typed(pa.array(["7", "1.5", "", None]), "string", "int").to_pylist()
        [7, None, None, None]
    """
    arrow = pa.timestamp("us") if target == "timestamp with time zone" else arrow_type(target)
    cast = _cast(source, target)
    return pa.array([None if value is None else cast(value) for value in values.to_pylist()], arrow)


def present(values: pa.Array, source: str, target: str) -> pa.Array:
    """Whether there is a value: empty text is none where the target is no text."""
    there = values.is_valid()
    if source == "string" and target != "string":
        return pc.and_(there, pc.fill_null(pc.not_equal(values, ""), fill_value=False))
    return there


def _cast(source: str, target: str) -> Callable[[Any], Any]:
    if target in _BITS:
        return lambda value: _integer(value, _BITS[target])
    if size := decimal_of(target):
        return lambda value: _decimal(value, *size)
    if target in _GREATEST:
        return lambda value: _float(value, _GREATEST[target])
    if target == "string":
        return lambda value: str(value).lower() if source == "boolean" else _text(value)
    return _OTHERS[target]


def _integer(value: Any, bits: int) -> int | None:
    if isinstance(value, str):
        number = int(value) if _TEXTS["integer"].fullmatch(value) else None
    elif isinstance(value, float) and not math.isfinite(value):
        number = None
    else:
        number = int(value) if value == int(value) else None
    return number if number is not None and -(1 << bits - 1) <= number < 1 << bits - 1 else None


def _decimal(value: Any, precision: int, scale: int) -> Decimal | None:
    if isinstance(value, str) and not _TEXTS["decimal"].fullmatch(value):
        return None
    found = Decimal(value)
    if not found.is_finite():
        return None
    exact = found.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _CONTEXT)
    return exact if abs(exact) < Decimal(10) ** (precision - scale) else None


def _float(value: Any, greatest: float) -> float | None:
    if not isinstance(value, str):
        return float(value)
    number = float(value) if _TEXTS["float"].fullmatch(value) else math.inf
    return number if abs(number) <= greatest else None


def _text(value: Any) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _boolean(value: str) -> bool | None:
    return _BOOLEANS.get(value.lower())


def _date(value: Any) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    try:
        return dt.date.fromisoformat(value) if _TEXTS["date"].fullmatch(value) else None
    except ValueError:
        return None


def _moment(value: Any) -> dt.datetime | None:
    """In UTC, without saying so."""
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - raw holds UTC
    fine = _FINE.fullmatch(value)
    try:
        if fine:
            return dt.datetime.fromisoformat(f"{fine[1]}T{fine[2]}")
        moment = dt.datetime.fromisoformat(value) if _ZONED.fullmatch(value) else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


_OTHERS: dict[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "date": _date,
    "timestamp": _moment,
    "timestamp with time zone": _moment,
}
