"""`"table$snapshots"` and its siblings: what Iceberg and Hive tables tell about themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from local.athena.access import SELECT
from local.athena.catalog import is_iceberg, location_of
from local.athena.errors import AthenaError
from local.athena.names import require_table
from local.athena.sources import iceberg
from local.athena.sources.source import Rows

if TYPE_CHECKING:
    from local.athena.catalog import Entry
    from local.athena.names import TableName
    from local.athena.query import Query

_ICEBERG = ("snapshots", "history", "files", "manifests", "partitions", "refs")
_WITHOUT_VALUES = ("history", "refs")
_NO_COLUMNS = pa.schema([])


def source(query: Query, name: TableName, kind: str) -> Rows:
    """The metadata table `kind` of a table.

    A caller who sees some columns or rows only gets those that it needs to travel in time. The others count rows, or
    hold bounds and partition values of every column; what AWS shows of them is not documented, so they are refused.

    Raises:
        AthenaError: the table has no such metadata table, or the caller may not see it.
    """
    entry = require_table(query, name)
    target = {"database": name.database, "table": name.name, "location": location_of(entry)}
    session = query.access.session_for(**target, needs={SELECT})
    if kind not in _WITHOUT_VALUES:
        query.access.require_unrestricted(**target)
    if not is_iceberg(entry):
        return Rows(table=_hive_partitions(query, entry, name, kind), hidden=_NO_COLUMNS)
    if kind not in _ICEBERG:
        raise _unknown(name, kind)
    inspected = getattr(iceberg.load(query, entry, session).inspect, kind)()
    return Rows(table=_plain(inspected), hidden=_NO_COLUMNS)


def _plain(table: pa.Table) -> pa.Table:
    """Without dictionaries, and with instants in UTC, as Trino shows them."""
    columns = []
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        elif pa.types.is_timestamp(field.type) and field.type.tz is None:
            column = column.cast(pa.timestamp("ms")).cast(pa.timestamp("ms", "UTC"))
        columns.append(column)
    return pa.table(columns, names=table.schema.names)


def _hive_partitions(query: Query, entry: Entry, name: TableName, kind: str) -> pa.Table:
    keys = [key["Name"] for key in entry.get("PartitionKeys") or []]
    if kind != "partitions" or not keys:
        raise _unknown(name, kind)
    values = [partition["Values"] for partition in query.catalog.partitions(name.database, name.name)]
    return pa.table({key: pa.array([row[i] for row in values], pa.string()) for i, key in enumerate(keys)})


def _unknown(name: TableName, kind: str) -> AthenaError:
    return AthenaError("TABLE_NOT_FOUND", f"{name.where}Table '{name.full}${kind}' does not exist")
