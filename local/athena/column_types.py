"""Types by four names: Glue's (Hive), DuckDB's, Arrow's, and those that Athena reports for a result."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from local.athena.errors import AthenaError, not_supported

if TYPE_CHECKING:
    from collections.abc import Sequence

_HIVE_TO_ARROW = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "long": pa.int64(),
    "float": pa.float32(),
    "real": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "char": pa.string(),
    "varchar": pa.string(),
    "binary": pa.binary(),
    "varbinary": pa.binary(),
    "date": pa.date32(),
    # Athena reads Hive timestamps with milliseconds, Iceberg's with microseconds.
    "timestamp": pa.timestamp("ms"),
    "decimal": pa.decimal128(10, 0),
}
_ARROW_TO_HIVE = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "tinyint"),
    (lambda kind: pa.types.is_int16(kind) or pa.types.is_uint8(kind), "smallint"),
    (lambda kind: pa.types.is_int32(kind) or pa.types.is_uint16(kind), "int"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_float32, "float"),
    (pa.types.is_floating, "double"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind), "string"),
    (lambda kind: pa.types.is_binary(kind) or pa.types.is_large_binary(kind), "binary"),
    (pa.types.is_null, "string"),
)
_HIVE_TO_ATHENA = {"int": "integer", "string": "varchar", "binary": "varbinary"}


def arrow_of_hive(hive: str) -> pa.DataType:
    """The Arrow type of a Glue column of a Hive table.

    Raises:
        AthenaError: the type is none of Hive's.

    Example:
        >>> str(arrow_of_hive("array<struct<a:int,b:decimal(10,2)>>"))
        'list<element: struct<a: int32, b: decimal128(10, 2)>>'
    """
    text = hive.strip().lower()
    if text in _HIVE_TO_ARROW:
        return _HIVE_TO_ARROW[text]
    sized = re.fullmatch(r"(var)?char\(\s*\d+\s*\)", text)
    if sized:
        return pa.string()
    precise = re.fullmatch(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)", text)
    if precise:
        return pa.decimal128(int(precise[1]), int(precise[2]))
    outer, _, rest = text.partition("<")
    if rest.endswith(">"):
        return _nested(outer.strip(), split_top_level(rest[:-1]), hive)
    raise AthenaError("HIVE_UNSUPPORTED_FORMAT", f"Unsupported Hive type: {hive}")


def _nested(outer: str, parts: list[str], hive: str) -> pa.DataType:
    if outer == "array" and len(parts) == 1:
        return pa.list_(pa.field("element", arrow_of_hive(parts[0])))
    if outer == "map" and len(parts) == 2:  # noqa: PLR2004 - a key and a value
        return pa.map_(arrow_of_hive(parts[0]), arrow_of_hive(parts[1]))
    if outer == "struct":
        fields = [part.partition(":") for part in parts]
        return pa.struct([pa.field(name.strip(), arrow_of_hive(kind)) for name, _, kind in fields])
    raise AthenaError("HIVE_UNSUPPORTED_FORMAT", f"Unsupported Hive type: {hive}")


def split_top_level(text: str) -> list[str]:
    """The comma-separated parts of `text`, not splitting inside brackets.

    Example:
        >>> split_top_level("a:int,b:decimal(10,2),c:map<string,int>")
        ['a:int', 'b:decimal(10,2)', 'c:map<string,int>']
    """
    parts, depth, start = [], 0, 0
    for position, char in enumerate(text):
        depth += (char in "<(") - (char in ">)")
        if char == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def hive_of_arrow(kind: pa.DataType) -> str:
    """The Glue type of an Arrow column.

    Example:
        >>> hive_of_arrow(pa.list_(pa.int64()))
        'array<bigint>'
    """
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{hive_of_arrow(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{hive_of_arrow(kind.key_type)},{hive_of_arrow(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return "struct<" + ",".join(f"{field.name}:{hive_of_arrow(field.type)}" for field in kind) + ">"
    for test, name in _ARROW_TO_HIVE:
        if test(kind):
            return name
    raise not_supported(f"Unsupported type: {kind}")


def athena_of_arrow(kind: pa.DataType) -> str:
    """The type that GetQueryResults reports for a column.

    Example:
        >>> athena_of_arrow(pa.int32()), athena_of_arrow(pa.timestamp("us", "UTC"))
        ('integer', 'timestamp with time zone')
    """
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return "array"
    if pa.types.is_map(kind):
        return "map"
    if pa.types.is_struct(kind):
        return "row"
    if pa.types.is_decimal(kind):
        return "decimal"
    if pa.types.is_timestamp(kind):
        return "timestamp with time zone" if kind.tz else "timestamp"
    if pa.types.is_time(kind):
        return "time"
    if pa.types.is_interval(kind):
        return "interval day to second"
    if pa.types.is_null(kind):
        return "unknown"
    name = hive_of_arrow(kind)
    return _HIVE_TO_ATHENA.get(name, name)


def trino_of_hive(hive: str) -> str:
    """Trino's spelling of a Glue type, as information_schema and SHOW COLUMNS print it.

    Example:
        >>> trino_of_hive("array<struct<a:int>>")
        'array(row(a integer))'
    """
    text = hive.strip().lower()
    outer, _, rest = text.partition("<")
    if not rest:
        return "timestamp(3)" if text == "timestamp" else _HIVE_TO_ATHENA.get(text, text)
    parts = split_top_level(rest[:-1])
    if outer == "struct":
        fields = (part.partition(":") for part in parts)
        return "row(" + ", ".join(f"{name} {trino_of_hive(kind)}" for name, _, kind in fields) + ")"
    return f"{outer}(" + ", ".join(trino_of_hive(part) for part in parts) + ")"


def normal(table: pa.Table, huge: Sequence[bool]) -> pa.Table:
    """`table` with the integer types that Trino has not as bigint: unsigned ones, and the HUGEINT columns in `huge`."""
    columns = []
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if huge[index]:
            column = _as_bigint(column)
        elif pa.types.is_unsigned_integer(field.type):
            column = column.cast(pa.int64())
        columns.append(column)
    return pa.table(columns, names=table.schema.names) if columns else table


def _as_bigint(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid as error:
        raise AthenaError("NUMERIC_VALUE_OUT_OF_RANGE", f"bigint overflow: {error}") from error
