"""information_schema, made from Glue's answers to the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from local.athena.catalog import CATALOG, is_iceberg, is_view
from local.athena.column_types import trino_of_hive
from local.athena.errors import AthenaError

if TYPE_CHECKING:
    from local.athena.catalog import Entry
    from local.athena.query import Query

_COLUMNS = {
    "schemata": ("catalog_name", "schema_name"),
    "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
    "views": ("table_catalog", "table_schema", "table_name", "view_definition"),
    "columns": (
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
        "data_type",
        "comment",
        "extra_info",
    ),
}


def rows(query: Query, name: str) -> pa.Table:
    """One table of information_schema.

    Raises:
        AthenaError: there is none of that name.
    """
    if name not in _COLUMNS:
        raise AthenaError("TABLE_NOT_FOUND", f"Table '{CATALOG}.information_schema.{name}' does not exist")
    databases = [entry["Name"] for entry in query.catalog.databases()]
    if name == "schemata":
        found: list[tuple[Any, ...]] = [
            (CATALOG, database) for database in [*databases, "information_schema"]
        ]
    else:
        tables = [entry for database in databases for entry in query.catalog.tables(database)]
        found = [row for entry in tables for row in _rows_of(name, entry)]
    kinds = [pa.int64() if column == "ordinal_position" else pa.string() for column in _COLUMNS[name]]
    columns = zip(*found, strict=True) if found else [()] * len(kinds)
    return pa.table(
        [pa.array(list(values), kind) for values, kind in zip(columns, kinds, strict=True)],
        names=list(_COLUMNS[name]),
    )


def _rows_of(name: str, entry: Entry) -> list[tuple[Any, ...]]:
    key = (CATALOG, entry["DatabaseName"], entry["Name"])
    if name == "tables":
        return [(*key, "VIEW" if is_view(entry) else "BASE TABLE")]
    if name == "views":
        return [(*key, entry.get("ViewOriginalText"))] if is_view(entry) else []
    partition_keys = entry.get("PartitionKeys") or []
    columns: list[tuple[Entry, str | None]] = [
        (column, None) for column in (entry.get("StorageDescriptor") or {}).get("Columns", [])
    ]
    columns += [(column, "partition key") for column in partition_keys]
    return [
        (
            *key,
            column["Name"],
            index,
            None,
            "YES",
            _type(entry, column["Type"]),
            column.get("Comment"),
            extra,
        )
        for index, (column, extra) in enumerate(columns, start=1)
    ]


def _type(entry: Entry, hive: str) -> str:
    spelled = trino_of_hive(hive)
    return spelled.replace("timestamp(3)", "timestamp(6)") if is_iceberg(entry) else spelled
