"""Avro values of flat records as Arrow columns: each field of many records is decoded at once, without a row between.

What is read is exactly what Avro's specification says of null, boolean, int, long, float, double, string, bytes, fixed,
enumerations and a union of one of them with null. A schema with anything else, and a record that does not end where its
bytes end, are left to fastavro.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PAD = 16  # bytes after the last record, into which a broken one may read
_LONGEST = 10  # bytes of a long
_MORE, _BITS, _LAST_SHIFT = 0x80, 0x7F, 63


@dataclass
class _Reading:
    """Many records in one buffer, read side by side.

    Args:
        data: Their bytes, and some more.
        at: Where each is read next.
        ends: Where each ends.
        broken: Which are known not to be what their schema says.
    """

    data: np.ndarray[Any, Any]
    at: np.ndarray[Any, Any]
    ends: np.ndarray[Any, Any]
    broken: np.ndarray[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        """All are whole until something is wrong."""
        self.broken = np.zeros(len(self.at), bool)

    def longs(self, rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """A long of each of some records."""
        at = self.at[rows]
        byte = self.data[at]
        value = (byte & _BITS).astype(np.uint64)
        at += 1
        more = np.flatnonzero(byte >= _MORE)
        shift = 7
        while len(more) and shift < 7 * _LONGEST:
            byte = self.data[at[more]]
            value[more] |= (byte & _BITS).astype(np.uint64) << np.uint64(shift)
            at[more] += 1
            if shift == _LAST_SHIFT:
                self.broken[rows[more[byte > 1]]] = True  # more than 64 bits
            more = more[byte >= _MORE]
            shift += 7
        self.broken[rows[more]] = True
        self._move(rows, at)
        zigzag: np.ndarray[Any, Any] = (value >> np.uint64(1)).astype(np.int64) ^ -(
            value & np.uint64(1)
        ).astype(np.int64)
        return zigzag

    def fixed(self, rows: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
        """So many bytes of each of some records, as a matrix."""
        at = self.at[rows]
        self.broken[rows[at + size > self.ends[rows]]] = True
        found = self.data[np.minimum(at, len(self.data) - size)[:, None] + np.arange(size)]
        self._move(rows, at + size)
        return np.ascontiguousarray(found)

    def texts(self, rows: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Bytes with their length before them: lengths, and the bytes one after the other."""
        lengths = self.longs(rows)
        at = self.at[rows]
        wrong = (lengths < 0) | (lengths > self.ends[rows] - at)
        self.broken[rows[wrong]] = True
        lengths[wrong] = 0
        self._move(rows, at + lengths)
        offsets = np.cumsum(lengths) - lengths
        places = np.repeat(at - offsets, lengths) + np.arange(int(lengths.sum()))
        return lengths, self.data[places]

    def _move(self, rows: np.ndarray[Any, Any], at: np.ndarray[Any, Any]) -> None:
        # A broken record goes on in the padding at the most; it ends beyond its end all the same.
        self.at[rows] = np.minimum(at, len(self.data) - _PAD + 1)


class Vectors:
    """Reads records of one flat schema.

    Args:
        fields: Name and type of each field, without logical types.

    Raises:
        NotFlat: when a field has a type that is not read here.
    """

    def __init__(self, fields: Sequence[tuple[str, Any]]) -> None:
        self._fields = [(name, *_column(kind)) for name, kind in fields]

    def read(self, bodies: Sequence[bytes]) -> tuple[dict[str, pa.Array], list[int]]:
        """The columns by name, and the places of broken records, whose values are NULL.

        Args:
            bodies: The records.
        """
        columns, broken = self._read(bodies)
        if not broken.any():
            return columns, []
        whole = np.flatnonzero(~broken)
        columns, _ = self._read([bodies[place] for place in whole.tolist()])
        places = np.cumsum(~broken) - 1
        taken = pa.array(places, pa.int64(), mask=broken)
        return {name: column.take(taken) for name, column in columns.items()}, np.flatnonzero(broken).tolist()

    def _read(self, bodies: Sequence[bytes]) -> tuple[dict[str, pa.Array], np.ndarray[Any, Any]]:
        lengths = np.fromiter(map(len, bodies), np.int64, len(bodies))
        ends = np.cumsum(lengths)
        data = np.frombuffer(b"".join((*bodies, bytes(_PAD))), np.uint8)
        reading = _Reading(data, ends - lengths, ends)
        rows = np.arange(len(bodies))
        columns = {}
        for name, null, read in self._fields:
            there, missing = rows, None
            if null is not None:
                branch = reading.longs(rows)
                reading.broken |= (branch < 0) | (branch > 1)
                missing = branch == null
                there = np.flatnonzero(~missing)
            columns[name] = _spread(read(reading, there), missing)
        reading.broken |= reading.at != reading.ends
        return columns, reading.broken


class NotFlat(Exception):
    """A schema of which not every field is read here."""


def _column(kind: Any) -> tuple[int | None, Callable[[_Reading, np.ndarray[Any, Any]], pa.Array]]:
    """Which branch of a union is null, and how a value is read."""
    if isinstance(kind, list):
        if len(kind) != 2 or kind.count("null") != 1:  # noqa: PLR2004 - null and one more
            raise NotFlat
        null = kind.index("null")
        return null, _plain(kind[1 - null])
    return None, _plain(kind)


def _plain(kind: Any) -> Callable[[_Reading, np.ndarray[Any, Any]], pa.Array]:
    if isinstance(kind, dict):
        if kind.get("type") == "enum":
            return _enum(kind["symbols"])
        if kind.get("type") == "fixed":
            return lambda reading, rows: _binary(reading.fixed(rows, kind["size"]), kind["size"])
        kind = kind.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise NotFlat
    return _READERS[kind]


def _long(reading: _Reading, rows: np.ndarray[Any, Any]) -> pa.Array:
    return pa.array(reading.longs(rows))


def _boolean(reading: _Reading, rows: np.ndarray[Any, Any]) -> pa.Array:
    byte = reading.fixed(rows, 1)[:, 0]
    reading.broken[rows[byte > 1]] = True
    return pa.array(byte == 1)


def _floats(kind: str, size: int) -> Callable[[_Reading, np.ndarray[Any, Any]], pa.Array]:
    return lambda reading, rows: pa.array(reading.fixed(rows, size).view(kind)[:, 0].astype(np.float64))


def _enum(symbols: Sequence[str]) -> Callable[[_Reading, np.ndarray[Any, Any]], pa.Array]:
    names = pa.array(symbols, pa.string())

    def read(reading: _Reading, rows: np.ndarray[Any, Any]) -> pa.Array:
        index = reading.longs(rows)
        wrong = (index < 0) | (index >= len(symbols))
        reading.broken[rows[wrong]] = True
        return names.take(pa.array(np.where(wrong, 0, index)))

    return read


def _binary(matrix: np.ndarray[Any, Any], size: int) -> pa.Array:
    offsets = np.arange(0, (len(matrix) + 1) * size, size, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.binary(), len(matrix), [None, pa.py_buffer(offsets), pa.py_buffer(matrix)]
    )


def _texts(kind: pa.DataType) -> Callable[[_Reading, np.ndarray[Any, Any]], pa.Array]:
    def read(reading: _Reading, rows: np.ndarray[Any, Any]) -> pa.Array:
        lengths, content = reading.texts(rows)
        offsets = np.zeros(len(rows) + 1, np.int32)
        np.cumsum(lengths, out=offsets[1:], dtype=np.int32)
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(content)]
        found = pa.Array.from_buffers(kind, len(rows), buffers)
        if kind == pa.string():
            reading.broken[rows[_no_text(found)]] = True
        return found

    return read


def _no_text(values: pa.Array) -> list[int]:
    """The places of values that are no UTF-8."""
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        if len(values) == 1:
            return [0]
        half = len(values) // 2
        later = _no_text(values.slice(half))
        return [*_no_text(values.slice(0, half)), *(half + place for place in later)]
    return []


def _spread(values: pa.Array, missing: np.ndarray[Any, Any] | None) -> pa.Array:
    """Values at the places of those that are not missing."""
    if missing is None or not missing.any():
        return values
    return values.take(pa.array(np.cumsum(~missing) - 1, pa.int64(), mask=missing))


_READERS: dict[str, Callable[[_Reading, np.ndarray[Any, Any]], pa.Array]] = {
    "boolean": _boolean,
    "int": _long,
    "long": _long,
    "float": _floats("<f4", 4),
    "double": _floats("<f8", 8),
    "string": _texts(pa.string()),
    "bytes": _texts(pa.binary()),
}
