"""File formats of Hive tables: how one object's bytes become the columns that the catalogue promises."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from local.athena.errors import AthenaError, not_supported
from local.athena.sources import text_files
from local.athena.sources.log_files import by_regex, is_cloudtrail, records_as_lines, regex_of
from local.athena.sources.text_files import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.athena.catalog import Entry
    from local.athena.storage import StoredObject

    Reader = Callable[[bytes, StoredObject], tuple[pa.Table, int]]

_SERDES = (
    ("parquet", "parquet"),
    ("opencsv", "opencsv"),
    ("lazysimple", "text"),
    ("json", "json"),
    ("avro", "avro"),
    ("orc", "orc"),
    ("regex", "regex"),
    ("grok", "grok"),
)


def format_of(entry: Entry) -> str:
    """The file format that a table's SerDe names.

    Example:
        >>> serde = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}
        >>> format_of({"StorageDescriptor": {"SerdeInfo": serde}})
        'parquet'
    """
    descriptor = entry.get("StorageDescriptor") or {}
    serde = str((descriptor.get("SerdeInfo") or {}).get("SerializationLibrary", ""))
    named = f"{serde} {descriptor.get('InputFormat', '')}".lower()
    known = next((ours for token, ours in _SERDES if token in named), None)
    return known or str((entry.get("Parameters") or {}).get("classification", "text")).lower()


def reader(entry: Entry, wanted: pa.Schema, whole: pa.Schema) -> Reader:
    """A function from an object's bytes to the wanted columns and the bytes that were scanned for them.

    Args:
        entry: the Glue table.
        wanted: the columns that the query needs.
        whole: all data columns of the table, in the order in which text files hold them.

    Raises:
        AthenaError: the format is none that the engine reads.
    """
    kind = format_of(entry)
    if kind == "parquet":
        return lambda data, stored: _parquet(data, stored, wanted)
    if kind in {"text", "csv", "opencsv"}:
        layout = text_files.layout_of(entry, quoted=kind in {"opencsv", "csv"})
        return lambda data, stored: (
            text_files.delimited(_unzipped(data, stored), layout, wanted, whole),
            stored.size if len(wanted) else 0,
        )
    if is_cloudtrail(entry):
        return lambda data, stored: (
            _json(records_as_lines(_unzipped(data, stored)), stored, wanted),
            stored.size,
        )
    if kind == "regex":
        pattern = regex_of(entry)
        return lambda data, stored: (
            by_regex(_unzipped(data, stored), pattern, wanted, whole),
            stored.size,
        )
    if kind == "json":
        return lambda data, stored: (_json(_unzipped(data, stored), stored, wanted), stored.size)
    if kind == "orc":
        return lambda data, stored: (_orc(data, stored, wanted), stored.size)
    raise not_supported(f"Files of format {kind} cannot be read by the embedded engine")


def _parquet(data: bytes, stored: StoredObject, wanted: pa.Schema) -> tuple[pa.Table, int]:
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
    except pa.ArrowInvalid as error:
        raise AthenaError(
            "HIVE_BAD_DATA",
            f"Not valid Parquet file: {stored.uri} expected magic number: PAR1 got: {data[-4:]!r} ({error})",
        ) from error
    present = {name.lower(): name for name in file.schema_arrow.names}
    names = [present[field.name] for field in wanted if field.name in present]
    try:
        table = file.read(columns=names, use_threads=False)
    except (pa.ArrowInvalid, OSError) as error:
        raise AthenaError("HIVE_BAD_DATA", f"Malformed Parquet file {stored.uri}: {error}") from error
    columns = []
    for field in wanted:
        if field.name in present:
            columns.append(_as_promised(table.column(present[field.name]), field, stored))
        else:
            columns.append(pa.nulls(file.metadata.num_rows, field.type))
    return _table(columns, wanted, file.metadata.num_rows), _column_bytes(file.metadata, set(names))


def _table(columns: list[Any], wanted: pa.Schema, count: int) -> pa.Table:
    if columns:
        return pa.table(columns, schema=wanted)
    # No column is needed, only how many rows there are.
    return pa.table({ROWS: pa.nulls(count)})


def _column_bytes(metadata: pq.FileMetaData, names: set[str]) -> int:
    total = 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for index in range(row_group.num_columns):
            column = row_group.column(index)
            if column.path_in_schema.split(".")[0] in names:
                total += column.total_compressed_size
    return total


def _as_promised(column: pa.ChunkedArray, field: pa.Field, stored: StoredObject) -> pa.ChunkedArray:
    """A column in the type that the catalogue promises, where Athena's Parquet reader would convert it."""
    if column.type == field.type:
        return column
    if not _convertible(column.type, field.type):
        raise AthenaError(
            "HIVE_BAD_DATA",
            f"Field {field.name}'s type {str(column.type).upper()} in parquet file {stored.uri} is incompatible with "
            f"type {field.type} defined in table schema",
        )
    try:
        return column.cast(field.type, safe=not pa.types.is_timestamp(field.type))
    except pa.ArrowInvalid as error:
        raise AthenaError(
            "HIVE_BAD_DATA", f"Field {field.name} in parquet file {stored.uri}: {error}"
        ) from error


def _convertible(found: pa.DataType, promised: pa.DataType) -> bool:
    kinds = (
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_timestamp,
        pa.types.is_date,
        pa.types.is_nested,
        lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_binary(kind),
    )
    if pa.types.is_null(found):
        return True
    return any(test(found) and test(promised) for test in kinds)


def _json(data: bytes, stored: StoredObject, wanted: pa.Schema) -> pa.Table:
    rows = []
    for number, line in enumerate(data.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except ValueError as error:
            raise AthenaError(
                "HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - {stored.uri}:{number}: {error}"
            ) from error
        rows.append({str(name).lower(): value for name, value in document.items()})
    columns = [text_files.from_values([row.get(field.name) for row in rows], field) for field in wanted]
    return _table(columns, wanted, len(rows))


def _orc(data: bytes, stored: StoredObject, wanted: pa.Schema) -> pa.Table:
    from pyarrow import orc

    file = orc.ORCFile(pa.BufferReader(data))
    present = {name.lower(): name for name in file.schema.names}
    table = file.read(columns=[present[field.name] for field in wanted if field.name in present])
    columns = [
        _as_promised(table.column(present[field.name]), field, stored)
        if field.name in present
        else pa.nulls(file.nrows, field.type)
        for field in wanted
    ]
    return _table(columns, wanted, file.nrows)


def _unzipped(data: bytes, stored: StoredObject) -> bytes:
    return gzip.decompress(data) if stored.key.endswith((".gz", ".gzip")) else data
