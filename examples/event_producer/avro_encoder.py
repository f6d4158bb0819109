"""Rows as Avro by the contract's schema, column by column, so that a value that does not fit is named."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import fastavro

from event_producer.misfit import Misfit, check_names

_RANGES = {"int": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}


class AvroEncoder:
    r"""Encodes rows of one record schema.

    Args:
        definition: The schema's JSON.

    Example:
        >>> schema = '{"type": "record", "name": "R", "fields": [{"name": "n", "type": "int"}]}'
        >>> AvroEncoder(schema).encode({"n": 3})
        b'\x06'
        >>> AvroEncoder(schema).encode({"n": None})
        Traceback (most recent call last):
        event_producer.misfit.Misfit: n: is missing, and the contract requires it
    """

    def __init__(self, definition: str) -> None:
        read = json.loads(definition)
        self._fields: dict[str, Any] = {field["name"]: field["type"] for field in read["fields"]}
        self._schema = fastavro.parse_schema(read)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return list(self._fields)

    def encode(self, row: Any) -> bytes:
        """A row's bytes.

        Args:
            row: Values by column: `Decimal`, `datetime` (with a time zone where the column is a moment), `date`, text,
                numbers, booleans; None or nothing for what is empty.

        Raises:
            Misfit: when it does not fit, with column and reason.
        """
        given = check_names(row, self.columns)
        values = {name: _checked(name, kind, given.get(name)) for name, kind in self._fields.items()}
        sink = io.BytesIO()
        fastavro.schemaless_writer(sink, self._schema, values)
        return sink.getvalue()


def _checked(name: str, kind: Any, value: Any) -> Any:
    if isinstance(kind, list):
        if value is None:
            return None
        (kind,) = (each for each in kind if each != "null")
    elif value is None:
        raise Misfit(name, "is missing, and the contract requires it")
    plain = kind if isinstance(kind, str) else kind["type"]
    logical = "" if isinstance(kind, str) else kind.get("logicalType", "")
    if plain == "enum":
        return _one_of(name, value, kind["symbols"])
    if logical == "decimal":
        return exact(name, value, kind["precision"], kind.get("scale", 0))
    if logical == "date":
        return _day(name, value)
    if logical.endswith("timestamp-micros"):
        return moment(name, value, zoned=not logical.startswith("local-"))
    return _plain(name, plain, value)


def exact(name: str, value: Any, precision: int, scale: int) -> Decimal:
    """A decimal of so many digits, as it is: nothing is rounded.

    Raises:
        Misfit: when it has more digits, or is a fraction of the binary kind.

    Example:
        >>> exact("price", Decimal("1.5"), 6, 2)
        Decimal('1.50')
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise Misfit(
            name, f"{value!r} is no exact number; allowed: Decimal or int for decimal({precision},{scale})"
        )
    number = Decimal(value)
    if not number.is_finite():
        raise Misfit(name, f"{value!r} is no number")
    sign, digits, exponent = number.normalize().as_tuple()
    places = max(0, -int(exponent))
    whole = max(0, len(digits) + int(exponent)) if number else 0
    if places > scale or whole > precision - scale:
        raise Misfit(name, f"{value} has more digits than decimal({precision},{scale}) holds")
    padded = int("".join(map(str, digits))) * 10 ** (int(exponent) + scale)
    return Decimal(-padded if sign else padded).scaleb(-scale)


def moment(name: str, value: Any, *, zoned: bool) -> dt.datetime:
    """A time of the kind that the column holds.

    Raises:
        Misfit: when it says a time zone and must not, or the other way round.
    """
    if not isinstance(value, dt.datetime):
        raise Misfit(name, f"{value!r} is no datetime")
    if (value.tzinfo is not None) != zoned:
        wanted = (
            "with a time zone: the column is a moment" if zoned else "without: the column is a local time"
        )
        raise Misfit(name, f"{value.isoformat()} must be a datetime {wanted}")
    return value


def _one_of(name: str, value: Any, allowed: list[str]) -> Any:
    if value not in allowed:
        raise Misfit(name, f"{value!r} is none of {', '.join(allowed)}")
    return value


def _day(name: str, value: Any) -> dt.date:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise Misfit(name, f"{value!r} is no date")
    return value


def _plain(name: str, kind: str, value: Any) -> Any:
    if kind in _RANGES:
        low, high = _RANGES[kind]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Misfit(name, f"{value!r} is no {kind}; allowed: whole numbers from {low} to {high}")
    elif kind in ("float", "double"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Misfit(name, f"{value!r} is no {kind}")
    elif not isinstance(value, {"string": str, "boolean": bool, "bytes": bytes}[kind]):
        raise Misfit(name, f"{value!r} is no {kind}")
    return value
