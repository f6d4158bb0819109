"""Arrow columns of what Avro's primitive types hold; a value that a type cannot hold exactly is an error."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 16  # bytes of a decimal128
_DIGITS = 38
_CONTEXT = Context(prec=1000)
_MICROSECONDS = {"ms": 1000, "us": 1}
_DAYS = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31
_MOMENTS = _DAYS[0] * 86_400_000_000, (_DAYS[1] + 1) * 86_400_000_000 - 1
_PER_SECOND = {"ms": 10**3, "us": 10**6, "ns": 10**9}


def arrow(values: Sequence[Any] | pa.Array, kind: pa.DataType) -> pa.Array:
    """Decoded values as an Arrow array.

    Raises:
        pyarrow.ArrowException: when a value is none of the type.
        OverflowError: when a number is too large.
    """
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)


def decimals(values: Sequence[bytes | None], scale: int, target: pa.DataType) -> pa.Array:
    r"""Decimals of their unscaled numbers, big-endian two's complement of any length.

    Raises:
        pyarrow.ArrowInvalid: when digits would be lost.

    Example:
        >>> decimals([b"\x04\xd2", b"\xff", None], 2, pa.decimal128(5, 2)).to_pylist()
        [Decimal('12.34'), Decimal('-0.01'), None]
    """
    binary = arrow(values, pa.binary())
    if binary.offset:
        binary = pa.concat_arrays([binary])
    lengths = pc.binary_length(binary).fill_null(1).to_numpy()
    if len(lengths) and (lengths.max() >= _WIDTH or lengths.min() == 0):
        return _long_decimals(binary.to_pylist(), scale, target)
    numbers = np.zeros((len(values), _WIDTH), np.uint8)
    starts = np.frombuffer(binary.buffers()[1], np.int32)[:-1] if len(values) else np.zeros(0, np.int32)
    data = np.frombuffer(binary.buffers()[2] or b"", np.uint8)
    there = binary.is_valid().to_numpy(zero_copy_only=False)
    for length in np.unique(lengths[there]):
        rows = np.flatnonzero(there & (lengths == length))
        found = data[starts[rows][:, None] + np.arange(length)]
        numbers[rows, :length] = found[:, ::-1]
        numbers[rows, length:] = np.where(found[:, :1] & 0x80, 0xFF, 0)
    bits = pa.py_buffer(np.packbits(there, bitorder="little")) if binary.null_count else None
    wide = pa.Array.from_buffers(pa.decimal128(_DIGITS, scale), len(values), [bits, pa.py_buffer(numbers)])
    return wide.cast(target)


def variable_decimals(values: Sequence[dict[str, Any] | None], target: pa.DataType) -> pa.Array:
    """Decimals that say their own scale (`{"scale", "value"}`).

    Raises:
        pyarrow.ArrowInvalid: when digits would be lost.
    """
    found = [None if value is None else _decimal(value["value"], value["scale"]) for value in values]
    return pa.array(found, pa.decimal128(_DIGITS, target.scale)).cast(target)


def decimals_of_text(values: Sequence[str | None], target: pa.DataType) -> pa.Array:
    """Decimals of texts with all their digits.

    Raises:
        pyarrow.ArrowInvalid: when digits would be lost.
        decimal.InvalidOperation: when a text is no number.
    """
    found = [None if value is None else Decimal(value) for value in values]
    return pa.array(found, pa.decimal128(_DIGITS, target.scale)).cast(target)


def timestamps(values: Sequence[int | None], unit: str) -> pa.Array:
    """Timestamps of numbers since 1970, in microseconds.

    Raises:
        pyarrow.ArrowInvalid: when nanoseconds would be lost, or a number is out of range.
    """
    numbers = arrow(values, pa.int64())
    if unit == "ns":
        return numbers.cast(pa.timestamp("ns")).cast(pa.timestamp("us"))
    micros = _within(pc.multiply_checked(numbers, _MICROSECONDS[unit]), *_MOMENTS)
    return micros.cast(pa.timestamp("us"))


def dates(values: Sequence[int | None]) -> pa.Array:
    """Dates of days since 1970.

    Raises:
        pyarrow.ArrowInvalid: when a day is out of range, as PostgreSQL's infinity is.
    """
    return _within(arrow(values, pa.int32()), *_DAYS).cast(pa.date32())


def zoned(values: Sequence[str | None]) -> pa.Array:
    """Timestamps in UTC of ISO 8601 texts with an offset.

    Raises:
        pyarrow.ArrowInvalid: when a text is none.

    Example:
        >>> zoned(["2024-05-01T10:00:00.5+02:00"]).to_pylist()
        [datetime.datetime(2024, 5, 1, 8, 0, 0, 500000)]
    """
    return arrow(values, pa.string()).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))


def times(values: Sequence[int | None], unit: str) -> pa.Array:
    """Times of day as text, as PostgreSQL writes them.

    Example:
        >>> times([36_000_500_000, None], "us").to_pylist()
        ['10:00:00.5', None]
    """
    numbers = arrow(values, pa.int64()).to_pylist()
    return pa.array(
        [None if number is None else _time(number, _PER_SECOND[unit]) for number in numbers], pa.string()
    )


def _within(numbers: pa.Array, least: int, most: int) -> pa.Array:
    """The numbers, which are of the years 1 to 9999: SQL has no others."""
    bounds = pc.min_max(numbers)
    if (
        numbers.null_count < len(numbers)
        and not least <= bounds["min"].as_py() <= bounds["max"].as_py() <= most
    ):
        raise pa.ArrowInvalid("a moment is not of the years 1 to 9999")
    return numbers


def _time(value: int, per_second: int) -> str:
    seconds, rest = divmod(value, per_second)
    fraction = str(rest).zfill(len(str(per_second)) - 1).rstrip("0")
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{clock}.{fraction}" if fraction else clock


def _long_decimals(values: Sequence[bytes | None], scale: int, target: pa.DataType) -> pa.Array:
    """Numbers of as many bytes as a decimal has, or more, of which the leading ones may say nothing."""
    found = [None if value is None else _decimal(value, scale) for value in values]
    return pa.array(found, pa.decimal128(_DIGITS, scale)).cast(target)


def _decimal(value: bytes, scale: int) -> Decimal:
    return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-scale, _CONTEXT)
