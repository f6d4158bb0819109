"""Columns of MySQL's text protocol as Arrow arrays, cast a column at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from jobs.extraction.columns import BadValue, key_of
from jobs.extraction.exact import FINER, decimals_of_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from data_platform.contracts.model import Dataset
    from jobs.extraction.columns import Reading

_Values = tuple[bytes | None, ...]
_NO_DAY = r"^0000|^\d{4}-00|^\d{4}-\d\d-00"


def batch(rows: Sequence[_Values], columns: Sequence[Reading], dataset: Dataset) -> pa.RecordBatch:
    """The rows as Arrow.

    Raises:
        BadValue: when a value cannot be kept exactly; it knows the column and the key of the row.
    """
    found: list[_Values] = list(zip(*rows, strict=True))
    arrays = []
    for column, values in zip(columns, found, strict=True):
        try:
            arrays.append(_DECODERS[column.wire](values, column.type))
        except BadValue as bad:
            bad.column = column.name
            bad.key = _key(columns, found, bad.position, dataset)
            raise
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([(c.name, c.type) for c in columns]))


def _key(columns: Sequence[Reading], found: Sequence[_Values], position: int, dataset: Dataset) -> str:
    row = {c.name: (c, (values[position],)) for c, values in zip(columns, found, strict=True)}

    def value_of(name: str) -> object:
        column, values = row[name]
        return _DECODERS[column.wire](values, column.type)[0].as_py()

    return key_of(dataset, value_of)


def _bytes(values: _Values, kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind)


def _text(values: _Values, _: pa.DataType) -> pa.Array:
    return pa.array(values, pa.binary()).cast(pa.string())


def _cast(values: _Values, kind: pa.DataType) -> pa.Array:
    return _text(values, kind).cast(kind)


def _boolean(values: _Values, kind: pa.DataType) -> pa.Array:
    texts = _text(values, kind)
    known = pc.is_in(texts, pa.array(["0", "1", None], pa.string()))
    _every(known, "neither 0 nor 1")
    return pc.equal(texts, "1")


def _float(values: _Values, kind: pa.DataType) -> pa.Array:
    # A FLOAT read as DOUBLE is that FLOAT again.
    return _text(values, kind).cast(pa.float64()).cast(kind, safe=False)


def _decimal(values: _Values, kind: pa.DataType) -> pa.Array:
    return decimals_of_text(_text(values, kind), kind)


def _day(values: _Values, kind: pa.DataType) -> pa.Array:
    texts = _text(values, kind)
    zero = pc.fill_null(pc.match_substring_regex(texts, _NO_DAY), fill_value=False)
    _every(pc.invert(zero), "a zero date or before the year 1")
    return texts.cast(kind)


def _moment(values: _Values, kind: pa.DataType) -> pa.Array:
    moments = _day(values, kind)
    # A cast that would lose nothing: whole milliseconds survive it.
    cut = moments.cast(pa.timestamp("ms"), safe=False).cast(kind)
    _every(pc.fill_null(pc.equal(moments, cut), fill_value=True), FINER)
    return moments


def _every(fine: pa.Array, reason: str) -> None:
    if not pc.all(fine, min_count=0).as_py():
        raise BadValue(pc.index(fine, value=False).as_py(), reason)


_DECODERS: dict[str, Callable[[_Values, pa.DataType], pa.Array]] = {
    "text": _text,
    "bytes": _bytes,
    "integer": _cast,
    "boolean": _boolean,
    "float": _float,
    "decimal": _decimal,
    "date": _day,
    "moment": _moment,
}
