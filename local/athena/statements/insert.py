"""INSERT INTO, Hive or Iceberg."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from local.athena import hive_write, iceberg_write
from local.athena.access import INSERT
from local.athena.catalog import Entry, is_iceberg, is_view, location_of
from local.athena.coercion import require_coercible
from local.athena.column_types import arrow_of_hive
from local.athena.engine import Engine
from local.athena.errors import AthenaError, not_supported
from local.athena.names import TableName, require_table, table_name
from local.athena.results import written_outcome
from local.athena.sources import formats, iceberg
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    import boto3

    from local.athena.query import Query
    from local.athena.results import Outcome


def insert(query: Query, tree: exp.Insert) -> Outcome:
    """Appends a query's rows to a table.

    Raises:
        AthenaError: the columns do not fit, or the caller may not write.
    """
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    listed = (
        [column.name.lower() for column in tree.this.expressions] if isinstance(tree.this, exp.Schema) else []
    )
    name = table_name(target, query.database)
    entry = require_table(query, name)
    if is_view(entry):
        raise not_supported(f"Inserting into views is not supported: {name.full}")
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs={INSERT}
    )
    body = tree.expression
    if tree.args.get("with_") is not None:
        body.set("with_", tree.args["with_"])
    with Engine(query) as engine:
        rows = engine.run(body)
    write = _into_iceberg if is_iceberg(entry) else _into_hive
    write(query, _Target(name=name, entry=entry, session=session, listed=listed), rows)
    query.catalog.forget(name.database, name.name)
    return written_outcome(rows.num_rows)


@dataclass(frozen=True, kw_only=True)
class _Target:
    """Where the rows go, with whose session, and into which listed columns (none: all)."""

    name: TableName
    entry: Entry
    session: boto3.Session
    listed: list[str]


def _into_iceberg(query: Query, target: _Target, rows: pa.Table) -> None:
    name = target.name

    def attempt() -> None:
        query.catalog.forget(name.database, name.name)
        table = iceberg.load(query, require_table(query, name), target.session)
        fitted = iceberg_write.conform(
            ordered(rows, [field.name for field in table.schema().fields], target.listed, name),
            table.schema(),
        )
        if fitted.num_rows:
            iceberg_write.commit(table, removed=(), added=fitted)

    iceberg_write.with_retries(query, f"{name.database}.{name.name}", attempt)


def _into_hive(query: Query, target: _Target, rows: pa.Table) -> None:
    entry = target.entry
    keys = [key["Name"].lower() for key in entry.get("PartitionKeys") or []]
    columns = [*entry["StorageDescriptor"]["Columns"], *(entry.get("PartitionKeys") or [])]
    rows = ordered(rows, [column["Name"].lower() for column in columns], target.listed, target.name)
    fitted = pa.table(
        [_fitted(rows.column(i), column) for i, column in enumerate(columns)],
        names=[column["Name"].lower() for column in columns],
    )
    serde = (entry["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    written = hive_write.write(
        query,
        ObjectStore(target.session),
        fitted,
        location=location_of(entry),
        partition_keys=keys,
        file_format={"text": "textfile", "opencsv": "csv"}.get(
            formats.format_of(entry), formats.format_of(entry)
        ),
        separator=serde.get("field.delim") or "\x01",
    )
    if keys:
        query.catalog.add_partitions(entry, written)


def ordered(rows: pa.Table, columns: list[str], listed: list[str], name: TableName) -> pa.Table:
    """`rows` with one column for each of the table's, in its order; NULL for those that the statement leaves out.

    Raises:
        AthenaError: the number of columns differs, or a listed column does not exist.
    """
    lower = [column.lower() for column in columns]
    for column in listed:
        if column not in lower:
            raise AthenaError(
                "COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {column}"
            )
    wanted = listed or lower
    if rows.num_columns != len(wanted):
        raise AthenaError(
            "TYPE_MISMATCH",
            f"{name.where}Insert query has mismatched column types: Table has {len(wanted)} columns, "
            f"query has {rows.num_columns}",
        )
    position = {column: index for index, column in enumerate(wanted)}
    arrays = [
        rows.column(position[column]) if column in position else pa.nulls(rows.num_rows, pa.null())
        for column in lower
    ]
    return pa.table([pa.chunked_array([a]) if isinstance(a, pa.Array) else a for a in arrays], names=columns)


def _fitted(column: pa.ChunkedArray, promised: Entry) -> pa.ChunkedArray:
    kind = arrow_of_hive(promised["Type"])
    require_coercible(column.type, kind, promised["Name"])
    try:
        return column.cast(kind, safe=not pa.types.is_timestamp(kind))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise AthenaError(
            "TYPE_MISMATCH",
            f"Insert query has mismatched column types: {promised['Name']}: {column.type} into {kind}: {error}",
        ) from error
