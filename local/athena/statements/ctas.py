"""CREATE TABLE AS SELECT, Hive or Iceberg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from sqlglot import exp

from local.athena import hive_tables, hive_write, iceberg_create
from local.athena.engine import Engine
from local.athena.errors import AthenaError
from local.athena.names import TableName, table_name
from local.athena.results import written_outcome
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    from local.athena.query import Query
    from local.athena.results import Outcome

_HIVE = frozenset(
    {
        "table_type", "format", "partitioned_by", "external_location", "write_compression", "parquet_compression",
        "orc_compression", "field_delimiter", "bucketed_by", "bucket_count", "is_external",
    }
)  # fmt: skip
_ICEBERG = frozenset(
    {
        "table_type", "format", "is_external", "location", "partitioning", "write_compression", "compression_level",
        "optimize_rewrite_data_file_threshold", "optimize_rewrite_delete_file_threshold",
        "optimize_rewrite_min_data_file_size_bytes", "optimize_rewrite_max_data_file_size_bytes",
        "vacuum_min_snapshots_to_keep", "vacuum_max_snapshot_age_seconds", "vacuum_max_metadata_files_to_keep",
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    name: TableName
    properties: dict[str, Any]
    rows: pa.Table


def create(query: Query, tree: exp.Create) -> Outcome:
    """Runs the query, writes its rows, then creates the table.

    Raises:
        AthenaError: the name is taken, a property is wrong, or the caller may not write there.
    """
    name = table_name(tree.this if isinstance(tree.this, exp.Table) else tree.this.this, query.database)
    query.catalog.require_database(name.database, name.where)
    if query.catalog.table(name.database, name.name) is not None:
        if tree.args.get("exists"):
            return written_outcome(0)
        raise name.exists()
    properties, no_data = _properties(tree)
    iceberg = str(properties.get("table_type", "hive")).lower() == "iceberg"
    _check(properties, iceberg=iceberg, enforced=query.enforced)
    body = tree.expression
    with_ = tree.args.get("with_")
    if with_ is not None:
        body.set("with_", with_)
    with Engine(query) as engine:
        rows = engine.run(body)
    _require_unique(rows)
    wanted = _Wanted(name=name, properties=properties, rows=rows.slice(0, 0) if no_data else rows)
    (_iceberg if iceberg else _hive)(query, wanted)
    return written_outcome(wanted.rows.num_rows)


def _iceberg(query: Query, wanted: _Wanted) -> None:
    location = str(wanted.properties.get("location") or _own_location(query))
    location = location if location.endswith("/") else location + "/"
    session = query.access.session_to_create(database=wanted.name.database, location=location)
    kept = {k: str(v) for k, v in wanted.properties.items() if k.startswith(("vacuum_", "optimize_"))}
    iceberg_create.create(
        query,
        wanted.name,
        session=session,
        schema=iceberg_create.schema_of_arrow(wanted.rows.schema),
        partitioning=list(wanted.properties.get("partitioning") or []),
        location=location,
        properties=kept,
        rows=wanted.rows,
    )
    query.manifest.append(location)


def _hive(query: Query, wanted: _Wanted) -> None:
    properties, name = wanted.properties, wanted.name
    location = str(properties.get("external_location") or _own_location(query))
    location = location if location.endswith("/") else location + "/"
    session = query.access.session_to_create(database=name.database, location=location)
    own = location.startswith(query.target.location)
    store = ObjectStore(session, query.target.options if own else None)
    if store.listing(location):
        raise AthenaError(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{name.database}.{name.name}' already exists: {location}",
        )
    keys = [key.lower() for key in properties.get("partitioned_by") or []]
    file_format = str(properties.get("format") or "parquet").lower()
    separator = str(properties.get("field_delimiter") or "")
    storage = hive_tables.descriptor(file_format, [], location, separator=separator)
    classification = "csv" if file_format == "textfile" else file_format
    parameters = {"classification": classification}
    rows = wanted.rows.rename_columns([column.lower() for column in wanted.rows.schema.names])
    entry = hive_tables.table_input(name.name, rows.schema, keys, storage, parameters)
    compression = properties.get("write_compression") or properties.get(f"{file_format}_compression") or ""
    written = hive_write.write(
        query, store, rows, location=location, partition_keys=keys, file_format=file_format,
        compression=str(compression), separator=separator or "\x01",
    )  # fmt: skip
    query.catalog.call("create_table", DatabaseName=name.database, TableInput=entry)
    query.catalog.forget(name.database, name.name)
    if keys:
        query.catalog.add_partitions(entry | {"DatabaseName": name.database}, written)


def _own_location(query: Query) -> str:
    """Where Athena itself puts a table that names no location: below the query's result location."""
    return f"{query.target.location}tables/{query.id}/"


def _properties(tree: exp.Create) -> tuple[dict[str, Any], bool]:
    found: dict[str, Any] = {}
    no_data = False
    listed = tree.args.get("properties")
    for item in listed.expressions if listed is not None else []:
        if isinstance(item, exp.WithDataProperty):
            no_data = bool(item.args.get("no"))
        elif isinstance(item, exp.FileFormatProperty):
            found["format"] = item.this.name
        elif isinstance(item, exp.PartitionedByProperty):
            found["partitioned_by"] = _value(item.this)
        elif isinstance(item, exp.LocationProperty):
            found["location"] = item.this.name
        elif isinstance(item, exp.Property):
            key = item.this.name if isinstance(item.this, exp.Expression) else str(item.this)
            found[key.lower()] = _value(item.args["value"])
        else:
            raise AthenaError(
                "INVALID_TABLE_PROPERTY", f"Unknown table property: {item.sql(dialect='athena')}"
            )
    return found, no_data


def _value(node: exp.Expression) -> Any:
    if isinstance(node, exp.Array | exp.Tuple | exp.Schema):
        return [item.name for item in node.expressions]
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    return node.name


def _check(properties: dict[str, Any], *, iceberg: bool, enforced: bool) -> None:
    allowed = _ICEBERG if iceberg else _HIVE
    unknown = sorted(set(properties) - allowed)
    if unknown:
        raise AthenaError(
            "INVALID_TABLE_PROPERTY",
            f"Unsupported {'ICEBERG' if iceberg else 'HIVE'} table property {unknown}",
        )
    if enforced and properties.get("external_location"):
        raise AthenaError(
            "INVALID_TABLE_PROPERTY",
            "The Create Table As Select query failed because it was submitted with an 'external_location' property to "
            "an Athena Workgroup that enforces a centralized output location for all queries. Please remove the "
            "'external_location' property and resubmit the query.",
        )
    if iceberg and properties.get("is_external") is True:
        raise AthenaError("NOT_SUPPORTED", "Iceberg tables cannot be external; set is_external = false")


def _require_unique(rows: pa.Table) -> None:
    names = [name.lower() for name in rows.schema.names]
    for name in names:
        if names.count(name) > 1:
            raise AthenaError(
                "DUPLICATE_COLUMN_NAME", f"line 1:1: Column name '{name}' specified more than once"
            )
    for position, field in enumerate(rows.schema, start=1):
        if pa.types.is_null(field.type):
            raise AthenaError(
                "COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown at position {position}"
            )
