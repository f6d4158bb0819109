"""Writing Hive tables: files in the table's format, a directory a partition, and the partitions in the catalogue."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from local.athena.errors import not_supported
from local.athena.results import text_of
from local.athena.storage import ObjectStore, in_parallel

if TYPE_CHECKING:
    from local.athena.query import Query

_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_CODECS = {"NONE": "NONE", "SNAPPY": "SNAPPY", "GZIP": "GZIP", "ZSTD": "ZSTD", "LZ4": "LZ4"}
Partition = tuple[list[str], str]


def write(
    query: Query,
    store: ObjectStore,
    rows: pa.Table,
    *,
    location: str,
    partition_keys: list[str],
    file_format: str,
    compression: str = "",
    separator: str = "\x01",
) -> list[Partition]:
    """Writes `rows` and answers each partition's values and location (one without values when unpartitioned).

    Raises:
        AthenaError: the format is none that the engine writes.
    """
    encode = _encoder(file_format, compression, separator)
    directories = list(_directories(rows, partition_keys, location))

    def put(item: tuple[int, tuple[list[str], str, pa.Table]]) -> Partition:
        index, (values, directory, part) = item
        suffix, data = encode(part)
        uri = f"{directory}{query.id.replace('-', '_')}_{index:05d}{suffix}"
        store.write(uri, data)
        query.manifest.append(uri)
        return values, directory

    return in_parallel(put, list(enumerate(directories)))


def _directories(rows: pa.Table, keys: list[str], location: str) -> Any:
    data = [name for name in rows.schema.names if name not in keys]
    if not keys:
        if rows.num_rows:
            yield [], location, rows
        return
    texts = pa.table({key: _partition_texts(rows.column(key)) for key in keys})
    numbered = texts.append_column("athena_row", pa.array(range(rows.num_rows), pa.int64()))
    for group in numbered.group_by(keys, use_threads=False).aggregate([("athena_row", "list")]).to_pylist():
        values = [group[key] for key in keys]
        path = "".join(
            f"{key}={quote(value, safe=' -_.~,+()@!$&')}/" for key, value in zip(keys, values, strict=True)
        )
        yield values, location + path, rows.take(pa.array(group["athena_row_list"], pa.int64())).select(data)


def _partition_texts(column: pa.ChunkedArray) -> pa.Array:
    kind = column.type
    return pa.array(
        [_NULL_PARTITION if v is None else text_of(v, kind) for v in column.to_pylist()], pa.string()
    )


def _encoder(file_format: str, compression: str, separator: str) -> Any:
    kind = file_format.lower()
    if kind == "parquet":
        return lambda rows: ("", _parquet(rows, compression))
    zipped = compression.upper() != "NONE"
    if kind in {"textfile", "text", "csv"}:
        delimiter = "," if kind == "csv" and separator == "\x01" else separator
        return lambda rows: _zipped(_text(rows, delimiter), zipped=zipped)
    if kind == "json":
        return lambda rows: _zipped(_json(rows), zipped=zipped)
    if kind == "orc":
        return lambda rows: ("", _orc(rows))
    raise not_supported(f"Files of format {file_format.upper()} cannot be written by the embedded engine")


def _parquet(rows: pa.Table, compression: str) -> bytes:
    sink = io.BytesIO()
    milliseconds = [
        column.cast(pa.timestamp("ms", column.type.tz)) if pa.types.is_timestamp(column.type) else column
        for column in rows.columns
    ]
    codec = _CODECS.get(compression.upper() or "GZIP")
    if codec is None:
        raise not_supported(f"Unsupported compression {compression!r}; allowed are {', '.join(_CODECS)}")
    pq.write_table(pa.table(milliseconds, names=rows.schema.names), sink, compression=codec)
    return sink.getvalue()


def _orc(rows: pa.Table) -> bytes:
    from pyarrow import orc

    sink = io.BytesIO()
    orc.write_table(rows, sink)
    return sink.getvalue()


def _text(rows: pa.Table, separator: str) -> bytes:
    columns = [
        ["\\N" if value is None else text_of(value, column.type) for value in column.to_pylist()]
        for column in rows.columns
    ]
    return "".join(separator.join(row) + "\n" for row in zip(*columns, strict=True)).encode()


def _json(rows: pa.Table) -> bytes:
    plain = pa.table([_jsonable(column) for column in rows.columns], names=rows.schema.names)
    return "".join(
        json.dumps(row, default=str, separators=(",", ":")) + "\n" for row in plain.to_pylist()
    ).encode()


def _jsonable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        return (
            pc.cast(column, pa.string())
            if pa.types.is_date(kind)
            else pa.chunked_array(
                [pa.array([None if v is None else text_of(v, kind) for v in column.to_pylist()], pa.string())]
            )
        )
    return column


def _zipped(data: bytes, *, zipped: bool) -> tuple[str, bytes]:
    return (".gz", gzip.compress(data)) if zipped else ("", data)
