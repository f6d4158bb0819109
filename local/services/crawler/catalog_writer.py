"""Brings the catalog in line with what a crawl found, with the crawler role's own rights on Glue."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.services.crawler.descriptors import COUNTS, columns_of, parameters, storage
from local.services.crawler.found_schema import UNKNOWN, FoundSchema, merged_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.services.crawler.layout import Folder, FoundTable

_BATCH = 100
_TABLE_INPUT = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "TableType",
    "Parameters",
)


@dataclass(kw_only=True)
class Changes:
    """What a crawl changed, by name, as ListCrawls tells it."""

    tables_added: list[str] = field(default_factory=list)
    tables_updated: list[str] = field(default_factory=list)
    tables_deleted: list[str] = field(default_factory=list)
    partitions_added: list[str] = field(default_factory=list)
    partitions_updated: list[str] = field(default_factory=list)
    partitions_deleted: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """The JSON text of `CrawlerHistory.Summary`."""
        told: dict[str, Any] = {}
        for kind in ("table", "partition"):
            for change, label in (("added", "ADD"), ("updated", "UPDATE"), ("deleted", "DELETE")):
                names = getattr(self, f"{kind}s_{change}")
                if names:
                    told.setdefault(kind.upper(), {})[label] = {
                        "Details": {"names": names},
                        "Count": len(names),
                    }
        return json.dumps(told)


@dataclass(frozen=True, kw_only=True)
class CatalogWriter:
    """Writes one crawler's findings.

    Args:
        glue: A Glue client with the crawler role's rights.
        crawler: The crawler's definition.
        changes: Gathers what was changed.
    """

    glue: Any
    crawler: Mapping[str, Any]
    changes: Changes

    def existing(self, found: FoundTable) -> dict[str, Any] | None:
        """The catalog's table for that location, or None."""
        try:
            table: dict[str, Any] = self.glue.get_table(
                DatabaseName=self.crawler["DatabaseName"], Name=self.table_name(found)
            )["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return None
        return table

    def table_name(self, found: FoundTable) -> str:
        """Prefix and folder; a name that another location holds already gets a hash appended, as on AWS."""
        name = f"{self.crawler.get('TablePrefix') or ''}{found.name}".lower()
        try:
            held = self.glue.get_table(DatabaseName=self.crawler["DatabaseName"], Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            return name
        location = (held.get("StorageDescriptor") or {}).get("Location", "")
        if location.rstrip("/") == found.location.rstrip("/"):
            return name
        return f"{name}_{hashlib.md5(found.location.encode(), usedforsecurity=False).hexdigest()}"

    def partitions(self, table: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """The partitions that the catalog has, by their values."""
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.crawler["DatabaseName"], TableName=table
        )
        return {tuple(found["Values"]): found for page in pages for found in page["Partitions"]}

    def write(
        self,
        found: FoundTable,
        schemas: Sequence[tuple[Folder, FoundSchema]],
        *,
        table: dict[str, Any] | None,
        held: dict[tuple[str, ...], dict[str, Any]],
    ) -> None:
        """Creates or updates a table and its partitions.

        Args:
            found: The table as the folders suggest it.
            schemas: The folders that were read, each with what it holds.
            table: The catalog's table, None when it has none.
            held: The partitions that the catalog has.
        """
        whole = self._table_schema(schemas, held)
        wanted = self._table_input(found, whole, [folder for folder, _ in schemas], table)
        if table is None:
            self.glue.create_table(DatabaseName=self.crawler["DatabaseName"], TableInput=wanted)
            self.changes.tables_added.append(wanted["Name"])
        elif self._changed(table, wanted):
            self.glue.update_table(DatabaseName=self.crawler["DatabaseName"], TableInput=wanted)
            self.changes.tables_updated.append(wanted["Name"])
        if found.keys:
            self._write_partitions(wanted, schemas, held)

    def delete_gone(self, table: str, gone: Sequence[tuple[str, ...]], *, whole: bool) -> None:
        """Follows DeleteBehavior for partitions, or a whole table, whose objects are gone."""
        behavior = (self.crawler.get("SchemaChangePolicy") or {}).get(
            "DeleteBehavior", "DEPRECATE_IN_DATABASE"
        )
        database = self.crawler["DatabaseName"]
        if behavior == "LOG":
            return
        if behavior == "DEPRECATE_IN_DATABASE":
            if whole:
                self._deprecate(table)
            return
        for batch in _batches(list(gone)):
            self.glue.batch_delete_partition(
                DatabaseName=database,
                TableName=table,
                PartitionsToDelete=[{"Values": list(values)} for values in batch],
            )
            self.changes.partitions_deleted += [_told(table, values) for values in batch]
        if whole:
            self.glue.delete_table(DatabaseName=database, Name=table)
            self.changes.tables_deleted.append(table)

    def _deprecate(self, name: str) -> None:
        table = self.glue.get_table(DatabaseName=self.crawler["DatabaseName"], Name=name)["Table"]
        if "DEPRECATED_BY_CRAWLER" in table.get("Parameters", {}):
            return
        marked = {**table.get("Parameters", {}), "DEPRECATED_BY_CRAWLER": str(int(time.time() * 1000))}
        wanted = {key: table[key] for key in _TABLE_INPUT if key in table} | {"Parameters": marked}
        self.glue.update_table(DatabaseName=self.crawler["DatabaseName"], TableInput=wanted)
        self.changes.tables_updated.append(name)

    def _table_schema(
        self,
        schemas: Sequence[tuple[Folder, FoundSchema]],
        held: dict[tuple[str, ...], dict[str, Any]],
    ) -> FoundSchema:
        """The table's columns: those of every readable folder, and of known partitions that were not read."""
        read = [schema for _, schema in schemas if schema.classification != UNKNOWN]
        crawled = {folder.values for folder, _ in schemas}
        kept = [columns_of(partition) for values, partition in held.items() if values not in crawled]
        kinds = [schema.classification for schema in read]
        first = read[0] if read else FoundSchema(classification=UNKNOWN)
        return FoundSchema(
            classification=max(kinds, key=kinds.count, default=UNKNOWN),
            columns=merged_columns([*kept, *[schema.columns for schema in read]]),
            records=sum(schema.records for schema in read),
            compression=first.compression,
            delimiter=first.delimiter,
            header=first.header,
        )

    def _table_input(
        self, found: FoundTable, whole: FoundSchema, folders: list[Folder], table: dict[str, Any] | None
    ) -> dict[str, Any]:
        told = parameters(whole, folders)
        described = storage(found.location, whole, told)
        columns = self._columns(table, columns_of({"StorageDescriptor": described}))
        described["Columns"] = [{"Name": name, "Type": kind} for name, kind in columns]
        kept = {**(table.get("Parameters") or {})} if table else {}
        kept.pop("DEPRECATED_BY_CRAWLER", None)
        filtering = {"partition_filtering.enabled": "true"} if found.keys else {}
        return {
            "Name": table["Name"] if table else self.table_name(found),
            "Owner": "owner",
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.keys],
            "Parameters": {**kept, **told, **filtering, "UPDATED_BY_CRAWLER": self.crawler["Name"]},
            "StorageDescriptor": described,
        }

    def _columns(
        self, table: dict[str, Any] | None, found: tuple[tuple[str, str], ...]
    ) -> tuple[tuple[str, str], ...]:
        """The table's new columns, as far as SchemaChangePolicy and Configuration let them change."""
        if table is None:
            return found
        before = columns_of(table)
        if (self.crawler.get("SchemaChangePolicy") or {}).get("UpdateBehavior") == "LOG":
            return before
        if self._output("Tables") == "MergeNewColumns":
            known = {name for name, _ in before}
            return (*before, *[(name, kind) for name, kind in found if name not in known])
        return found

    def _changed(self, table: dict[str, Any], wanted: dict[str, Any]) -> bool:
        """Whether an update is needed; counts alone are worth one too, as they are on AWS."""
        return (
            columns_of(table) != columns_of(wanted)
            or (table.get("PartitionKeys") or []) != wanted["PartitionKeys"]
            or (table.get("Parameters") or {}) != wanted["Parameters"]
        )

    def _write_partitions(
        self,
        wanted: dict[str, Any],
        schemas: Sequence[tuple[Folder, FoundSchema]],
        held: dict[tuple[str, ...], dict[str, Any]],
    ) -> None:
        inherit = self._output("Partitions") == "InheritFromTable"
        new, changed = [], []
        for folder, schema in schemas:
            entry = _partition_input(folder, schema)
            if inherit and schema.classification != UNKNOWN:
                entry["StorageDescriptor"]["Columns"] = wanted["StorageDescriptor"]["Columns"]
            known = held.get(folder.values)
            if known is None:
                new.append(entry)
            elif _partition_changed(known, entry):
                changed.append(entry)
        where = {"DatabaseName": self.crawler["DatabaseName"], "TableName": wanted["Name"]}
        for batch in _batches(new):
            self.glue.batch_create_partition(**where, PartitionInputList=batch)
            self.changes.partitions_added += [_told(wanted["Name"], entry["Values"]) for entry in batch]
        for batch in _batches(changed):
            entries = [{"PartitionValueList": entry["Values"], "PartitionInput": entry} for entry in batch]
            self.glue.batch_update_partition(**where, Entries=entries)
            self.changes.partitions_updated += [_told(wanted["Name"], entry["Values"]) for entry in batch]

    def _output(self, kind: str) -> str | None:
        """`CrawlerOutput.<kind>.AddOrUpdateBehavior` of the crawler's Configuration."""
        configuration = json.loads(self.crawler.get("Configuration") or "{}")
        found = configuration.get("CrawlerOutput", {}).get(kind, {}).get("AddOrUpdateBehavior")
        return str(found) if found else None


def _partition_input(folder: Folder, schema: FoundSchema) -> dict[str, Any]:
    told = parameters(schema, [folder])
    if schema.reason:
        told["unreadable.reason"] = schema.reason
    described = storage(folder.location, schema, told)
    return {"Values": list(folder.values), "StorageDescriptor": described, "Parameters": told}


def _partition_changed(known: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return columns_of(known) != columns_of(wanted) or any(
        (known.get("Parameters") or {}).get(name) != wanted["Parameters"].get(name)
        for name in {"classification", *COUNTS}
    )


def _told(table: str, values: Sequence[str]) -> str:
    return f"{table}/{'/'.join(values)}"


def _batches(entries: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(entries), _BATCH):
        yield entries[start : start + _BATCH]
