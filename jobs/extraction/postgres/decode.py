"""Columns of COPY's binary form as Arrow arrays, a vector operation a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from jobs.extraction.columns import BadValue, key_of
from jobs.extraction.exact import days_in_range, decimals_of_text, moments_kept
from jobs.extraction.postgres.copy_stream import at_every
from jobs.extraction.postgres.numeric import unscaled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from data_platform.contracts.model import Dataset
    from jobs.extraction.columns import Reading
    from jobs.extraction.postgres.copy_stream import Rows

# PostgreSQL counts from 2000-01-01.
_DAYS, _MICROSECONDS = 10_957, 946_684_800_000_000
_BYTES = {"int2": ">i2", "int4": ">i4", "int8": ">i8", "float4": ">f4", "float8": ">f8"}


@dataclass(frozen=True)
class Values:
    """One column of some rows: the bytes, where each value begins, how long it is, and whether it is there."""

    data: Any
    begins: Any
    lengths: Any
    there: Any  # None when every value is

    def only(self, position: int) -> Values:
        """The column of one row."""
        one = slice(position, position + 1)
        there = None if self.there is None else self.there[one]
        return Values(self.data, self.begins[one], self.lengths[one], there)

    def numbers(self, kind: str) -> Any:
        """The values seen as numbers of a kind; 0 where there is none."""
        found = at_every(self.data, kind)[self.begins]
        found = found.byteswap().view(found.dtype.newbyteorder("="))
        return found if self.there is None else np.where(self.there, found, found.dtype.type(0))

    def validity(self) -> pa.Buffer | None:
        """Arrow's bitmap of the values that are there."""
        return None if self.there is None else pa.py_buffer(np.packbits(self.there, bitorder="little"))

    def array(self, kind: pa.DataType, values: Any) -> pa.Array:
        """An Arrow array of fixed-width values."""
        return pa.Array.from_buffers(kind, len(self.begins), [self.validity(), pa.py_buffer(values)])


def batch(rows: Rows, columns: Sequence[Reading], dataset: Dataset) -> pa.RecordBatch:
    """The rows as Arrow.

    Raises:
        BadValue: when a value cannot be kept exactly; it knows the column and the key of the row.
    """
    found = _columns(rows, len(columns))
    arrays = []
    for column, values in zip(columns, found, strict=True):
        try:
            arrays.append(_DECODERS[column.wire](values, column.type))
        except BadValue as bad:
            bad.column = column.name
            bad.key = _key(columns, found, bad.position, dataset)
            raise
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([(c.name, c.type) for c in columns]))


def _key(columns: Sequence[Reading], found: Sequence[Values], position: int, dataset: Dataset) -> str:
    row = {c.name: (c, values.only(position)) for c, values in zip(columns, found, strict=True)}

    def value_of(name: str) -> object:
        column, values = row[name]
        return _DECODERS[column.wire](values, column.type)[0].as_py()

    return key_of(dataset, value_of)


def _columns(rows: Rows, count: int) -> list[Values]:
    at, found = rows.fields, []
    lengths_at = at_every(rows.data, "<i4")
    for _ in range(count):
        lengths = lengths_at[at].byteswap()
        at = at + 4
        there = None
        if lengths.min(initial=0) < 0:
            there = lengths >= 0
            lengths = np.where(there, lengths, np.int32(0))
        found.append(Values(rows.data, at, lengths, there))
        at = at + lengths
    return found


def _text(values: Values, kind: pa.DataType) -> pa.Array:
    """The bytes gathered by Arrow: cut at every begin and end, they are values and what lies between in turn."""
    count = len(values.begins)
    cuts = np.empty(2 * count, np.int32)
    cuts[0::2] = values.begins
    cuts[1::2] = values.begins + values.lengths
    pieces = pa.Array.from_buffers(kind, 2 * count - 1, [None, pa.py_buffer(cuts), pa.py_buffer(values.data)])
    values_only = pa.py_buffer(np.arange(0, 2 * count, 2, dtype=np.int32))
    gathered = pieces.take(pa.Array.from_buffers(pa.int32(), count, [None, values_only]))
    if values.there is None:
        return gathered
    return pa.Array.from_buffers(kind, count, [values.validity(), *gathered.buffers()[1:]])


def _integers(wire: str) -> Callable[[Values, pa.DataType], pa.Array]:
    def decode(values: Values, kind: pa.DataType) -> pa.Array:
        return values.array(kind, values.numbers(_BYTES[wire]).astype(kind.to_pandas_dtype()))

    return decode


def _boolean(values: Values, kind: pa.DataType) -> pa.Array:
    return values.array(kind, np.packbits(values.numbers("u1") != 0, bitorder="little"))


def _date(values: Values, kind: pa.DataType) -> pa.Array:
    days = values.numbers(">i4").astype(np.int64) + _DAYS
    days_in_range(days)
    return values.array(kind, days.astype(np.int32))


def _timestamp(values: Values, kind: pa.DataType) -> pa.Array:
    # The largest and least numbers mean infinity: shifted they wrap around, far out of range, too.
    moments = values.numbers(">i8") + np.int64(_MICROSECONDS)
    moments_kept(moments)
    return values.array(kind, moments)


def _numeric(values: Values, kind: pa.DataType) -> pa.Array:
    scale = kind.scale if pa.types.is_decimal(kind) else 0
    whole = unscaled(values.data, values.begins, values.lengths, scale)
    if not pa.types.is_decimal(kind):
        return values.array(kind, whole.astype(kind.to_pandas_dtype()))
    wide = np.empty((len(whole), 2), np.int64)
    wide[:, 0] = whole
    wide[:, 1] = whole >> 63
    return values.array(kind, wide)


def _decimal(values: Values, kind: pa.DataType) -> pa.Array:
    return decimals_of_text(_text(values, pa.string()), kind)


_DECODERS: dict[str, Callable[[Values, pa.DataType], pa.Array]] = {
    **{wire: _integers(wire) for wire in _BYTES},
    "bool": _boolean,
    "text": _text,
    "bytea": _text,
    "date": _date,
    "timestamp": _timestamp,
    "numeric": _numeric,
    "decimal": _decimal,
}
