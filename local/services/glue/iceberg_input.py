"""Reads the Iceberg part of CreateTable and AWS::Glue::Table into pyiceberg's own terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pydantic
from pyiceberg.exceptions import ValidationError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import parse_transform
from pyiceberg.types import NestedField

from local.services.refusal import Refusal

_TYPES = (
    "boolean, int, long, float, double, date, time, timestamp, timestamptz, string, uuid, binary, "
    "decimal(P, S), fixed[L]"
)
_TRANSFORMS = "identity, void, year, month, day, hour, bucket[N], truncate[W]"
_FIRST_PARTITION_FIELD = 1000
_FROM_HIVE = {"bigint": "long", "smallint": "int", "tinyint": "int", "varchar": "string", "char": "string"}


@dataclass(frozen=True, kw_only=True)
class IcebergTable:
    """What an Iceberg table is created from."""

    location: str
    schema: Schema
    partition_spec: PartitionSpec
    sort_order: SortOrder
    properties: dict[str, str]


def parse(iceberg_input: dict[str, Any], table_input: dict[str, Any]) -> IcebergTable:
    """The table that the request describes, in either form: IcebergTableInput, or the columns of TableInput.

    Args:
        iceberg_input: `OpenTableFormatInput.IcebergInput`.
        table_input: `TableInput`, possibly empty.

    Raises:
        Refusal: naming the field at fault and what is allowed.
    """
    if iceberg_input.get("MetadataOperation", "CREATE") != "CREATE":
        raise _invalid(f"MetadataOperation {iceberg_input['MetadataOperation']!r}; only CREATE is allowed")
    version = str(iceberg_input.get("Version") or "2")
    if version not in {"1", "2"}:
        raise _invalid(f"Version {version!r}; this engine writes format versions 1 and 2")
    described = iceberg_input.get("CreateIcebergTableInput") or iceberg_input.get("IcebergTableInput")
    described = described or _from_columns(table_input)
    if not str(described.get("Location", "")).startswith("s3://"):
        raise _invalid(f"Location {described.get('Location')!r}; it must start with s3://")
    schema = _schema(described.get("Schema") or {})
    return IcebergTable(
        location=described["Location"].rstrip("/"),
        schema=schema,
        partition_spec=_partition_spec(described.get("PartitionSpec") or {}, schema),
        sort_order=_sort_order(described.get("WriteOrder") or {}, schema),
        properties={"format-version": version, **(described.get("Properties") or {})},
    )


def _from_columns(table_input: dict[str, Any]) -> dict[str, Any]:
    """The simpler form: Hive columns and a location, unpartitioned."""
    if table_input.get("PartitionKeys"):
        raise _invalid(
            "PartitionKeys; partitions of an Iceberg table belong into IcebergTableInput.PartitionSpec"
        )
    descriptor = table_input.get("StorageDescriptor") or {}
    fields = [
        {
            "Id": number,
            "Name": column["Name"],
            "Type": _from_hive(column.get("Type", "string")),
            "Required": False,
            "Doc": column.get("Comment"),
        }
        for number, column in enumerate(descriptor.get("Columns") or [], start=1)
    ]
    return {"Location": descriptor.get("Location"), "Schema": {"Type": "struct", "Fields": fields}}


def _from_hive(kind: str) -> str:
    return _FROM_HIVE.get(kind.lower().split("(")[0], kind.lower())


def _schema(described: dict[str, Any]) -> Schema:
    fields = described.get("Fields") or []
    if not fields:
        raise _invalid("Schema.Fields; at least one field is needed")
    built = [_field(field) for field in fields]
    for label, seen in (("Id", [f.field_id for f in built]), ("Name", [f.name for f in built])):
        doubled = sorted({str(value) for value in seen if seen.count(value) > 1})
        if doubled:
            raise _invalid(f"Schema.Fields: {label} {', '.join(doubled)} is used more than once")
    return Schema(*built, identifier_field_ids=[int(i) for i in described.get("IdentifierFieldIds") or []])


def _field(field: dict[str, Any]) -> NestedField:
    kind = re.sub(r"\s+", "", str(field.get("Type", "")))
    try:
        return NestedField(
            field_id=int(field["Id"]),
            name=field["Name"],
            field_type=kind,
            required=str(field.get("Required", False)).lower() == "true",
            doc=field.get("Doc"),
        )
    except (pydantic.ValidationError, ValueError, TypeError, ValidationError) as error:
        raise _invalid(
            f"Schema.Fields: {field.get('Name')!r} has type {field.get('Type')!r}; allowed: {_TYPES}"
        ) from error


def _partition_spec(described: dict[str, Any], schema: Schema) -> PartitionSpec:
    built = []
    for number, field in enumerate(described.get("Fields") or [], start=_FIRST_PARTITION_FIELD):
        source = _source(field, schema, "PartitionSpec")
        transform = _transform(field, source)
        built.append(
            PartitionField(
                source_id=source.field_id,
                field_id=int(field.get("FieldId") or number),
                transform=transform,
                name=field.get("Name") or source.name,
            )
        )
    return PartitionSpec(*built, spec_id=int(described.get("SpecId") or 0))


def _sort_order(described: dict[str, Any], schema: Schema) -> SortOrder:
    built = []
    for field in described.get("Fields") or []:
        source = _source(field, schema, "WriteOrder")
        built.append(
            SortField(
                source_id=source.field_id,
                transform=_transform(field, source),
                direction=SortDirection(str(field.get("Direction", "asc")).lower()),
                null_order=NullOrder(str(field.get("NullOrder", "nulls-first")).lower()),
            )
        )
    return SortOrder(*built, order_id=int(described.get("OrderId") or 1)) if built else SortOrder(order_id=0)


def _source(field: dict[str, Any], schema: Schema, part: str) -> NestedField:
    wanted = int(field["SourceId"])
    for column in schema.fields:
        if column.field_id == wanted:
            return column
    ids = ", ".join(f"{column.field_id} ({column.name})" for column in schema.fields)
    raise _invalid(f"{part}: SourceId {wanted} is no field of the schema; it has {ids}")


def _transform(field: dict[str, Any], source: NestedField) -> Any:
    named = str(field.get("Transform", "")).lower().replace(" ", "")
    try:
        transform = parse_transform(named)
    except (ValueError, ValidationError) as error:
        raise _invalid(f"transform {named!r} on {source.name!r}; allowed: {_TRANSFORMS}") from error
    if str(transform) == "unknown" or named not in str(transform):
        raise _invalid(f"transform {named!r} on {source.name!r}; allowed: {_TRANSFORMS}")
    if not transform.can_transform(source.field_type):
        raise _invalid(f"transform {named!r} does not fit {source.name!r} of type {source.field_type}")
    return transform


def _invalid(text: str) -> Refusal:
    return Refusal("InvalidInputException", f"OpenTableFormatInput.IcebergInput: {text}.")
