"""Iceberg tables, through pyiceberg on the caller's Glue client and the object store of whoever may read the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table

from local.athena.errors import AthenaError
from local.athena.fileio import StoreFileIO
from local.athena.pruning import iceberg_filter
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    import boto3
    from pyiceberg.io import FileIO
    from pyiceberg.table import FileScanTask

    from local.athena.catalog import Entry
    from local.athena.query import Query
    from local.athena.sources.source import Needs

PATH = "$path"
FILE, POSITION = "athena_file", "athena_position"


class CallersCatalog(GlueCatalog):  # type: ignore[misc] # pyiceberg is untyped here
    """pyiceberg's Glue catalogue with the caller's client, and one store for all of its files.

    Args:
        client: the caller's Glue client.
        store: reads and writes metadata and data.
    """

    def __init__(self, client: Any, store: ObjectStore) -> None:
        super().__init__("awsdatacatalog", client=client)
        self._store = store

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> FileIO:
        del properties, location
        return StoreFileIO(self._store)


def load(query: Query, entry: Entry, session: boto3.Session) -> Table:
    """The Iceberg table of a Glue entry as it is now.

    Raises:
        AthenaError: its metadata is missing or broken.
    """
    catalog = CallersCatalog(query.catalog.glue, ObjectStore(session))
    location = (entry.get("Parameters") or {}).get("metadata_location")
    if not location:
        raise AthenaError(
            "ICEBERG_INVALID_METADATA", f"Table {entry['DatabaseName']}.{entry['Name']} has no metadata"
        )
    file_io = catalog._load_file_io()
    try:
        metadata = FromInputFile.table_metadata(file_io.new_input(location))
    except ValueError as error:
        raise AthenaError("ICEBERG_INVALID_METADATA", f"Cannot read {location}: {error}") from error
    return Table(
        identifier=(entry["DatabaseName"], entry["Name"]),
        metadata=metadata,
        metadata_location=location,
        io=file_io,
        catalog=catalog,
    )


@dataclass(frozen=True, kw_only=True)
class IcebergSource:
    """One snapshot of an Iceberg table; `snapshot_id` None is the current one."""

    table: Table
    entry: Entry
    snapshot_id: int | None = None
    row_ids: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The snapshot's columns; with row ids for statements that change rows."""
        schema = schema_to_pyarrow(self._scan(AlwaysTrue()).projection(), include_field_ids=False)
        if self.row_ids:
            schema = schema.append(pa.field(FILE, pa.int32())).append(pa.field(POSITION, pa.int64()))
        return schema

    @property
    def columns(self) -> list[str]:
        """The names of the snapshot's columns."""
        return [field.name for field in self._scan(AlwaysTrue()).projection().fields]

    @property
    def catalogue_names(self) -> dict[str, str]:
        """By field id: a column of an old snapshot is what it is called now; one that was dropped is missing."""
        current = {field.field_id: field.name.lower() for field in self.table.schema().fields}
        fields = self._scan(AlwaysTrue()).projection().fields
        return {field.name: current[field.field_id] for field in fields if field.field_id in current}

    @property
    def hidden(self) -> pa.Schema:
        """`$path`, the data file of a row."""
        return pa.schema([pa.field(PATH, pa.string())])

    def tasks(self, conditions: tuple[str, ...]) -> list[FileScanTask]:
        """The data files that may hold rows which fulfil the conditions."""
        if self.table.current_snapshot() is None:
            return []
        return list(self._scan(iceberg_filter(conditions, self.schema)).plan_files())

    def load(self, needs: Needs, query: Query) -> pa.Table:
        """The needed columns of the files that the conditions do not exclude."""
        return self.read(self.tasks(needs.conditions), needs.columns, query)

    def read(self, tasks: Sequence[FileScanTask], columns: frozenset[str], query: Query) -> pa.Table:
        """Columns of some data files; `athena_file` is the index in `tasks`."""
        named = [name for name in self.columns if name in columns]
        projection = self._scan(AlwaysTrue(), tuple(named) or self._cheapest()).projection()
        query.scans(sum(_bytes(task, projection) if named else 0 for task in tasks))
        scan = ArrowScan(self.table.metadata, self.table.io, projection, AlwaysTrue())
        if not columns & {PATH, FILE, POSITION}:
            return scan.to_table(tasks)
        parts = [_numbered(scan.to_table([task]), index, task) for index, task in enumerate(tasks)]
        parts = parts or [_numbered(scan.to_table([]), 0, None)]
        return pa.concat_tables(parts, promote_options="permissive")

    def _cheapest(self) -> tuple[str, ...]:
        """A column to count rows by when none is needed."""
        return (self.columns[0],)

    def _scan(self, row_filter: Any, columns: tuple[str, ...] = ("*",)) -> Any:
        return self.table.scan(
            row_filter=row_filter, selected_fields=columns, snapshot_id=self.snapshot_id, case_sensitive=False
        )


def _bytes(task: FileScanTask, projection: Any) -> int:
    """Bytes on disk of the projected columns of a file."""
    sizes = task.file.column_sizes
    wanted = sum(sizes.get(i, 0) for i in projection.field_ids) if sizes else task.file.file_size_in_bytes
    return int(wanted + sum(file.file_size_in_bytes for file in task.delete_files))


def _numbered(table: pa.Table, index: int, task: FileScanTask | None) -> pa.Table:
    count = table.num_rows
    table = table.append_column(PATH, pa.array([task.file.file_path if task else ""] * count, pa.string()))
    table = table.append_column(FILE, pa.array([index] * count, pa.int32()))
    return table.append_column(POSITION, pa.array(range(count), pa.int64()))
