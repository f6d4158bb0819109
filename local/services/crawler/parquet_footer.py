"""Columns of a Parquet file, from its footer, in Glue's type names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from local.services.crawler.found_schema import FoundSchema

if TYPE_CHECKING:
    from local.services.crawler.object_reader import ObjectReader

MAGIC = b"PAR1"


def read(reader: ObjectReader) -> FoundSchema:
    """The file's columns and number of rows.

    Raises:
        pyarrow.ArrowException: when the footer is damaged.
    """
    footer = pq.read_metadata(pa.PythonFile(reader, mode="r"))
    compression = "none"
    if footer.num_row_groups and footer.num_columns:
        codec = footer.row_group(0).column(0).compression.lower()
        compression = "none" if codec == "uncompressed" else codec
    return FoundSchema(
        classification="parquet",
        columns=tuple(
            (field.name.lower(), glue_type(field.type)) for field in footer.schema.to_arrow_schema()
        ),
        records=footer.num_rows,
        compression=compression,
    )


def glue_type(kind: Any) -> str:
    """The Glue (Hive) name of an Arrow type.

    Example:
        >>> glue_type(pa.int64()), glue_type(pa.list_(pa.string())), glue_type(pa.decimal128(10, 2))
        ('bigint', 'array<string>', 'decimal(10,2)')
    """
    for is_kind, name in _SIMPLE:
        if is_kind(kind):
            return name
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    return _nested(kind)


def _nested(kind: Any) -> str:
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{glue_type(kind.value_type)}>"
    if pa.types.is_map(kind):
        return f"map<{glue_type(kind.key_type)},{glue_type(kind.item_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name.lower()}:{glue_type(field.type)}' for field in kind)}>"
    if pa.types.is_dictionary(kind):
        return glue_type(kind.value_type)
    return "string"


_SIMPLE: tuple[tuple[Any, str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "tinyint"),
    (pa.types.is_int16, "smallint"),
    (pa.types.is_uint8, "smallint"),
    (pa.types.is_int32, "int"),
    (pa.types.is_uint16, "int"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_float64, "double"),
    (pa.types.is_floating, "float"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_time, "bigint"),
    (pa.types.is_binary, "binary"),
    (pa.types.is_large_binary, "binary"),
    (pa.types.is_fixed_size_binary, "binary"),
)
