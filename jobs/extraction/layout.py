"""How the columns of a Parquet file are encoded, by what their first rows look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Collection

_LEVEL = 1
_SAMPLE = 20_000  # rows
_VARIED = (
    0.5  # of the values are different ones: a dictionary of such a column is given up before a row group ends
)
_LONG_DIGITS = 18  # of a decimal that 64 bits hold


def layout(sample: pa.Table, *, scattered: Collection[str], key: Collection[str]) -> dict[str, Any]:
    """The options of pyarrow's ParquetWriter.

    What hardly repeats would fill a dictionary that is given up again; such numbers are stored by their differences
    in half the time. Tokens keep their lengths apart from their digits, in which there is nothing to be found: zstd
    is twice as fast with them, and so is who reads them. Bounds of texts cost a fifth of the writing, and raw is read
    whole.

    Args:
        sample: The first rows.
        scattered: Columns of digests.
        key: The primary key.

    Example:
        >>> rows = pa.table({"id": ["a", "b", "c"], "price": [3, 7, 9], "state": ["VIC", "VIC", "VIC"]})
        >>> found = layout(rows, scattered=(), key=("id",))
        >>> found["use_dictionary"], found["column_encoding"]
        (['state'], {'price': 'DELTA_BINARY_PACKED'})
    """
    schema, rows = sample.schema, sample.slice(0, _SAMPLE)
    known = {*scattered, *key}
    varied = {*known, *(name for name in schema.names if name not in known and _is_varied(rows[name]))}
    numbers = [field.name for field in schema if field.name in varied and _is_whole(field.type)]
    return {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "use_dictionary": [name for name in schema.names if name not in varied],
        "column_encoding": {
            **dict.fromkeys(numbers, "DELTA_BINARY_PACKED"),
            **dict.fromkeys(scattered, "DELTA_LENGTH_BYTE_ARRAY"),
        },
        "write_statistics": [field.name for field in schema if not _is_text(field.type)],
        "store_decimal_as_integer": True,  # as 64 bits where the digits fit; sixteen bytes take twice as long
        "store_schema": False,
    }


def _is_varied(values: pa.ChunkedArray) -> bool:
    there = len(values) - values.null_count
    return bool(pc.count_distinct(values).as_py() > there * _VARIED) if there else False


def _is_whole(kind: pa.DataType) -> bool:
    """Whether Parquet stores it as 32 or 64 bits of a whole number."""
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= _LONG_DIGITS)
    return bool(pa.types.is_integer(kind) or pa.types.is_temporal(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))
