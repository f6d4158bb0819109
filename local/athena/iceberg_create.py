"""New Iceberg tables: schema and partition spec from SQL's words, created in one commit with their first rows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg.io.pyarrow import _pyarrow_to_schema_without_ids
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.transforms import parse_transform

from local.athena import iceberg_write
from local.athena.column_types import split_top_level
from local.athena.errors import AthenaError, not_supported
from local.athena.names import unquoted
from local.athena.sources.iceberg import CallersCatalog
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    import boto3
    from pyiceberg.types import IcebergType

    from local.athena.names import TableName
    from local.athena.query import Query

_FIRST_PARTITION_ID = 1000
_DEFAULTS = {
    "write.parquet.compression-codec": "zstd",
    "format-version": "2",
    "write.object-storage.enabled": "false",
}


def create(
    query: Query,
    name: TableName,
    *,
    session: boto3.Session,
    schema: Schema,
    partitioning: list[str],
    location: str,
    properties: dict[str, str],
    rows: pa.Table | None = None,
) -> None:
    """Creates the table, with `rows` in its first snapshot when there are any.

    Raises:
        AthenaError: the partitioning does not fit the columns.
    """
    catalog = CallersCatalog(query.catalog.glue, ObjectStore(session))
    fresh = assign_fresh_schema_ids(schema)
    transaction = catalog.create_table_transaction(
        identifier=(name.database, name.name),
        schema=fresh,
        location=location.rstrip("/"),
        partition_spec=spec(partitioning, fresh),
        properties={**_DEFAULTS, **properties},
    )
    table = transaction._table
    if rows is not None:
        fitted = iceberg_write.conform(rows, transaction.table_metadata.schema())
        iceberg_write.stage(transaction, table, removed=(), added=fitted)
    transaction.commit_transaction()
    query.catalog.forget(name.database, name.name)


def spec(partitioning: list[str], schema: Schema) -> PartitionSpec:
    """The partition spec that SQL describes.

    Raises:
        AthenaError: a column is missing or a transform unknown.

    Example:
        >>> from pyiceberg.types import NestedField, DateType
        >>> spec(["month(d)"], Schema(NestedField(1, "d", DateType()))).fields[0].name
        'd_month'
    """
    fields = []
    for index, text in enumerate(partitioning):
        column, transform, suffix = _partition(text)
        try:
            source = schema.find_field(column, case_sensitive=False)
        except ValueError as error:
            raise AthenaError("COLUMN_NOT_FOUND", f"Partition column '{column}' does not exist") from error
        if not parse_transform(transform).can_transform(source.field_type):
            raise AthenaError(
                "INVALID_TABLE_PROPERTY", f"{text}: {transform} does not fit type {source.field_type}"
            )
        fields.append(
            PartitionField(
                source_id=source.field_id,
                field_id=_FIRST_PARTITION_ID + index,
                transform=parse_transform(transform),
                name=f"{source.name}{suffix}",
            )
        )
    return PartitionSpec(*fields)


def _partition(text: str) -> tuple[str, str, str]:
    """Column, transform and the suffix of the partition's name."""
    found = re.fullmatch(r"\s*(\w+)\s*\((.*)\)\s*", text)
    if found is None:
        return unquoted(text), "identity", ""
    kind, arguments = found[1].lower().rstrip("s"), [part.strip() for part in found[2].split(",")]
    if kind in {"year", "month", "day", "hour"} and len(arguments) == 1:
        return unquoted(arguments[0]), kind, f"_{kind}"
    if kind in {"bucket", "truncate"} and len(arguments) == 2:  # noqa: PLR2004 - a width and a column
        number = next((part for part in arguments if part.isdigit()), None)
        column = next((part for part in arguments if not part.isdigit()), None)
        if number and column:
            return unquoted(column), f"{kind}[{number}]", f"_{'trunc' if kind == 'truncate' else kind}"
    raise AthenaError(
        "INVALID_TABLE_PROPERTY",
        f"Unable to parse partitioning value {text!r}; allowed are a column, year(c), month(c), day(c), hour(c), "
        "bucket(n, c) and truncate(n, c)",
    )


def schema_of_arrow(schema: pa.Schema) -> Schema:
    """The Iceberg schema of a query's columns.

    Raises:
        AthenaError: Iceberg has no such type, as Athena says it.
    """
    for position, field in enumerate(schema, start=1):
        _require_type(field.type, position)
    return _pyarrow_to_schema_without_ids(pa.schema([pa.field(f.name.lower(), f.type) for f in schema]))


def _require_type(kind: pa.DataType, position: int) -> None:
    if pa.types.is_null(kind):
        raise AthenaError("COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown at position {position}")
    if pa.types.is_timestamp(kind) and kind.unit != "us":
        raise not_supported('Timestamp precision (3) not supported for Iceberg. Use "timestamp(6)" instead.')
    if pa.types.is_int8(kind) or pa.types.is_int16(kind):
        raise not_supported(
            f"Type not supported for Iceberg: {'tinyint' if pa.types.is_int8(kind) else 'smallint'}"
        )
    if pa.types.is_time(kind) or pa.types.is_interval(kind):
        raise not_supported(f"Type not supported for Iceberg: {kind}")


def type_of_ddl(text: str) -> IcebergType:
    """The Iceberg type that DDL spells.

    Raises:
        AthenaError: Iceberg has no such type.

    Example:
        >>> str(type_of_ddl("array<struct<a:bigint>>"))
        'list<struct<1: a: optional long>>'
    """
    from pyiceberg import types as ice

    simple: dict[str, Any] = {
        "boolean": ice.BooleanType, "int": ice.IntegerType, "integer": ice.IntegerType, "bigint": ice.LongType,
        "long": ice.LongType, "float": ice.FloatType, "double": ice.DoubleType, "string": ice.StringType,
        "date": ice.DateType, "timestamp": ice.TimestampType, "timestamptz": ice.TimestamptzType,
        "binary": ice.BinaryType, "uuid": ice.UUIDType,
    }  # fmt: skip
    text = text.strip().lower()
    decimal = re.fullmatch(r"decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)", text)
    if decimal:
        return ice.DecimalType(int(decimal[1]), int(decimal[2]))
    if text in simple:
        return simple[text]()
    outer, _, rest = text.partition("<")
    parts = split_top_level(rest[:-1]) if rest.endswith(">") else []
    if outer == "array" and parts:
        return ice.ListType(1, type_of_ddl(parts[0]), element_required=False)
    if outer == "map" and len(parts) == 2:  # noqa: PLR2004 - a key and a value
        return ice.MapType(1, type_of_ddl(parts[0]), 2, type_of_ddl(parts[1]), value_required=False)
    if outer == "struct" and parts:
        pairs = [part.partition(":") for part in parts]
        return ice.StructType(
            *(
                ice.NestedField(i, n.strip(), type_of_ddl(k), required=False)
                for i, (n, _, k) in enumerate(pairs, 1)
            )
        )
    raise not_supported(f"Type not supported for Iceberg: {text}")
