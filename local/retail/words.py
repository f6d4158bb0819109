"""Columns of a source's rows, made by Arrow: fast, and never a Python object a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence


def picked(words: Sequence[str], places: Any) -> Any:
    """The words at the places.

    Example:
        >>> picked(["a", "b"], [1, 0, 1]).to_pylist()
        ['b', 'a', 'b']
    """
    return pa.array(words, pa.string()).take(pa.array(places, pa.int64()))


def digits(numbers: Any, width: int) -> Any:
    """Numbers with leading zeros.

    Example:
        >>> digits([7], 3).to_pylist()
        ['007']
    """
    return pc.utf8_lpad(pc.cast(pa.array(numbers, pa.int64()), pa.string()), width, "0")


def joined(*parts: Any) -> Any:
    """Texts and columns of text, one after the other.

    Example:
        >>> joined("C", digits([7, 8], 2)).to_pylist()
        ['C07', 'C08']
    """
    return pc.binary_join_element_wise(*parts, "")


def either(condition: Any, then: Any, otherwise: Any) -> Any:
    """One of two texts a row.

    Example:
        >>> either([True, False], "x", "y").to_pylist()
        ['x', 'y']
    """
    return pc.if_else(pa.array(condition, pa.bool_()), then, otherwise)


def present(condition: Any, column: Any) -> Any:
    """The column where the condition holds, nothing elsewhere."""
    return pc.if_else(pa.array(condition, pa.bool_()), column, pa.scalar(None, column.type))


def moments(seconds: Any) -> Any:
    """Seconds since 1970 as timestamps in UTC.

    Example:
        >>> moments([1767571200]).to_pylist()
        [datetime.datetime(2026, 1, 5, 0, 0)]
    """
    return pc.cast(pa.array(np.asarray(seconds, dtype=np.int64), pa.timestamp("s")), pa.timestamp("us"))


def dates(days: Any) -> Any:
    """Days since 1970 as dates.

    Example:
        >>> dates([20458]).to_pylist()
        [datetime.date(2026, 1, 5)]
    """
    return pa.array(np.asarray(days, dtype=np.int32), pa.date32())


def money(cents: Any, precision: int = 12) -> Any:
    """Whole cents as decimal(precision, 2).

    Example:
        >>> money([-1995]).to_pylist()
        [Decimal('-19.95')]
    """
    low = np.asarray(cents, dtype=np.int64)
    words = np.empty((len(low), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = low, low >> 63
    return pa.Array.from_buffers(pa.decimal128(precision, 2), len(low), [None, pa.py_buffer(words)])
