"""Hive tables: files under S3 locations, found by the catalogue's partitions or by partition projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from local.athena import projection
from local.athena.catalog import Entry, location_of
from local.athena.column_types import arrow_of_hive
from local.athena.pruning import matching_rows
from local.athena.sources import formats
from local.athena.storage import ObjectStore, StoredObject, in_parallel

if TYPE_CHECKING:
    from collections.abc import Iterable

    import boto3

    from local.athena.query import Query
    from local.athena.sources.source import Needs

PATH = "$path"
# Above this many partitions, one listing of what they have in common is cheaper than one each.
_LIST_EACH = 16


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A directory and the values of the partition columns of everything in it, as text."""

    location: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HiveSource:
    """An external table over files.

    Args:
        entry: the whole table, as Glue keeps it.
        session: reads the files.
        is_restricted: the caller sees a part of it, so that its partitions are not the caller's to list.
    """

    entry: Entry
    session: boto3.Session
    is_restricted: bool = False

    @property
    def schema(self) -> pa.Schema:
        """Data columns, then partition columns."""
        return pa.schema(
            [pa.field(c["Name"].lower(), arrow_of_hive(c["Type"])) for c in [*self._data, *self._keys]]
        )

    @property
    def catalogue_names(self) -> dict[str, str]:
        """Each column under its own name."""
        return {name: name for name in self.schema.names}

    @property
    def hidden(self) -> pa.Schema:
        """`$path`, the file of a row."""
        return pa.schema([pa.field(PATH, pa.string())])

    @property
    def _data(self) -> list[Entry]:
        return list(self.entry["StorageDescriptor"].get("Columns") or [])

    @property
    def _keys(self) -> list[Entry]:
        return list(self.entry.get("PartitionKeys") or [])

    def load(self, needs: Needs, query: Query) -> pa.Table:
        """The needed columns of the files in the partitions that the conditions do not exclude."""
        files = self.files(needs.conditions, query)
        query.checkpoint()
        wanted = [field for field in self._data_schema() if field.name in needs.columns]
        reader = formats.reader(self.entry, pa.schema(wanted), self._data_schema())
        store = ObjectStore(self.session)

        def read(item: tuple[StoredObject, Partition]) -> pa.Table:
            stored, partition = item
            table, scanned = reader(store.read(stored.uri), stored)
            query.scans(scanned)
            return self._completed(table, stored, partition, needs)

        tables = in_parallel(read, files)
        empty = pa.schema(wanted).empty_table()
        return pa.concat_tables(tables) if tables else self._completed(empty, None, None, needs)

    def files(self, conditions: tuple[str, ...], query: Query) -> list[tuple[StoredObject, Partition]]:
        """The files that may hold rows which fulfil the conditions, each with its partition."""
        found = self._listed(conditions, query)
        paths = pa.table({PATH: pa.array([stored.uri for stored, _ in found], pa.string())})
        return [found[place] for place in matching_rows(paths, conditions)]

    def _listed(self, conditions: tuple[str, ...], query: Query) -> list[tuple[StoredObject, Partition]]:
        store = ObjectStore(self.session)
        if not self._keys:
            whole = Partition(location=location_of(self.entry), values=())
            return [(stored, whole) for stored in store.listing(whole.location)]
        partitions = self.partitions(conditions, query)
        if len(partitions) > _LIST_EACH:
            return _from_common_listing(store, partitions)
        listings = in_parallel(lambda partition: store.listing(partition.location), partitions)
        return [(stored, part) for part, found in zip(partitions, listings, strict=True) for stored in found]

    def partitions(self, conditions: tuple[str, ...], query: Query) -> list[Partition]:
        """The partitions that may hold rows which fulfil the conditions."""
        keys = pa.schema([pa.field(key["Name"].lower(), arrow_of_hive(key["Type"])) for key in self._keys])
        if projection.is_enabled(self.entry):
            return [
                Partition(location=location, values=values)
                for values, location in projection.partitions(self.entry, keys, conditions)
            ]
        listing = query.catalog.whole_partitions if self.is_restricted else query.catalog.partitions
        found = listing(self.entry["DatabaseName"], self.entry["Name"])
        rows = [tuple(part["Values"]) for part in found]
        kept = matching_rows(values_table(rows, keys), conditions)
        return [Partition(location=found[i]["StorageDescriptor"]["Location"], values=rows[i]) for i in kept]

    def _data_schema(self) -> pa.Schema:
        return pa.schema([pa.field(c["Name"].lower(), arrow_of_hive(c["Type"])) for c in self._data])

    def _completed(
        self, table: pa.Table, stored: StoredObject | None, partition: Partition | None, needs: Needs
    ) -> pa.Table:
        """`table` with the partition's values and the file's path as columns."""
        count = table.num_rows
        for index, key in enumerate(self._keys):
            name, kind = key["Name"].lower(), arrow_of_hive(key["Type"])
            if name in needs.columns:
                value = typed_value(partition.values[index], kind) if partition else pa.scalar(None, kind)
                table = table.append_column(name, pa.repeat(value, count))
        if PATH in needs.columns:
            table = table.append_column(
                PATH, pa.repeat(pa.scalar(stored.uri if stored else "", pa.string()), count)
            )
        return table


def typed_value(text: str, kind: pa.DataType) -> pa.Scalar:
    """A partition value in its column's type; Hive's name for NULL is NULL."""
    if text == "__HIVE_DEFAULT_PARTITION__":
        return pa.scalar(None, kind)
    return pa.scalar(text, pa.string()).cast(kind)


def values_table(rows: Iterable[tuple[str, ...]], keys: pa.Schema) -> pa.Table:
    """Partition values as typed rows."""
    columns = list(zip(*rows, strict=True)) or [()] * len(keys)
    arrays = []
    for values, field in zip(columns, keys, strict=True):
        texts = [None if value == "__HIVE_DEFAULT_PARTITION__" else value for value in values]
        arrays.append(pa.array(texts, pa.string()).cast(field.type))
    return pa.table(arrays, schema=keys)


def _from_common_listing(
    store: ObjectStore, partitions: list[Partition]
) -> list[tuple[StoredObject, Partition]]:
    by_location = {_slashed(partition.location): partition for partition in partitions}
    shared = _common_directory(list(by_location))
    found = []
    for stored in store.listing(shared):
        directory = stored.uri.rsplit("/", 1)[0] + "/"
        while len(directory) >= len(shared) and directory not in by_location:
            directory = directory.rstrip("/").rsplit("/", 1)[0] + "/"
        if directory in by_location:
            found.append((stored, by_location[directory]))
    return found


def _common_directory(locations: list[str]) -> str:
    first, last = min(locations), max(locations)
    length = next(
        (i for i, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[:length].rsplit("/", 1)[0] + "/"


def _slashed(location: str) -> str:
    return location if location.endswith("/") else location + "/"
