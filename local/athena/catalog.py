"""The Glue catalogue as one query sees it: the caller's own session, each answer kept for the query."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from ministack.services import glue

from local import identity
from local.athena.errors import AthenaError, insufficient_permissions

if TYPE_CHECKING:
    import boto3

CATALOG = "awsdatacatalog"
_PARTITION_BATCH = 100
Entry = dict[str, Any]


class Catalog:
    """Glue for one query.

    Args:
        session: whose rights every call has.
    """

    def __init__(self, session: boto3.Session) -> None:
        self.glue = identity.client(session, "glue")
        self._tables: dict[tuple[str, str], Entry | None] = {}

    def table(self, database: str, name: str) -> Entry | None:
        """The Glue table, or None when the database or the table does not exist."""
        key = (database, name)
        if key not in self._tables:
            answer = self.call("get_table", missing=None, DatabaseName=database, Name=name)
            self._tables[key] = _current(answer["Table"]) if answer else None
        return self._tables[key]

    def forget(self, database: str, name: str) -> None:
        """The table changed: ask again next time."""
        self._tables.pop((database, name), None)

    def database(self, name: str) -> Entry | None:
        """The Glue database, or None."""
        answer = self.call("get_database", missing=None, Name=name)
        return dict(answer["Database"]) if answer else None

    def require_database(self, name: str, where: str = "") -> Entry:
        """The Glue database.

        Raises:
            AthenaError: SCHEMA_NOT_FOUND.
        """
        found = self.database(name)
        if found is None:
            raise AthenaError("SCHEMA_NOT_FOUND", f"{where}Schema '{name}' does not exist")
        return found

    def databases(self) -> list[Entry]:
        """All databases that the caller sees."""
        return self._pages("get_databases", "DatabaseList")

    def tables(self, database: str) -> list[Entry]:
        """All tables of a database that the caller sees."""
        return [_current(entry) for entry in self._pages("get_tables", "TableList", DatabaseName=database)]

    def partitions(self, database: str, name: str) -> list[Entry]:
        """All partitions that a table has in the catalogue."""
        return self._pages("get_partitions", "Partitions", DatabaseName=database, TableName=name)

    def whole_table(self, database: str, name: str) -> Entry:
        """A table with the columns that the caller does not see: for reading behind a filter, never for answers.

        AWS gives it to its engines by GetUnfilteredTableMetadata, after the caller's own GetTable.
        """
        return copy.deepcopy(dict(glue._tables[f"{database}/{name}"]))

    def whole_partitions(self, database: str, name: str) -> list[Entry]:
        """All partitions of a table, also for a caller who may not list them (GetUnfilteredPartitionsMetadata)."""
        return copy.deepcopy(list(glue._partitions.get(f"{database}/{name}") or []))

    def add_partitions(self, table: Entry, values_and_locations: list[tuple[list[str], str]]) -> int:
        """Adds the partitions that are not there yet; answers how many were new."""
        known = {tuple(entry["Values"]) for entry in self.partitions(table["DatabaseName"], table["Name"])}
        descriptor = table["StorageDescriptor"]
        new = [
            {"Values": values, "StorageDescriptor": {**descriptor, "Location": location}}
            for values, location in values_and_locations
            if tuple(values) not in known
        ]
        for start in range(0, len(new), _PARTITION_BATCH):
            batch = new[start : start + _PARTITION_BATCH]
            names = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
            self.call("batch_create_partition", **names, PartitionInputList=batch)
        return len(new)

    def call(self, operation: str, **arguments: Any) -> Any:
        """One Glue call; `missing` (when given) answers instead of EntityNotFoundException.

        Raises:
            AthenaError: with Athena's text for what Glue refused.
        """
        tolerant = "missing" in arguments
        missing = arguments.pop("missing", None)
        try:
            return getattr(self.glue, operation)(**arguments)
        except ClientError as error:
            if tolerant and error.response["Error"]["Code"] == "EntityNotFoundException":
                return missing
            raise refusal(error) from error

    def _pages(self, operation: str, key: str, **arguments: Any) -> list[Entry]:
        found: list[Entry] = []
        token: dict[str, str] = {}
        while True:
            page = self.call(operation, **arguments, **token)
            found += page.get(key, [])
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}


def _current(table: Entry) -> Entry:
    """Without the columns that an Iceberg table has no more: Glue keeps them, marked, Athena does not show them."""
    descriptor = table.get("StorageDescriptor") or {}
    if not is_iceberg(table) or not descriptor.get("Columns"):
        return table
    columns = [
        column
        for column in descriptor["Columns"]
        if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
    ]
    return {**table, "StorageDescriptor": {**descriptor, "Columns": columns}}


def refusal(error: ClientError) -> AthenaError:
    """Athena's error for a refused Glue call."""
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    if code in {"AccessDeniedException", "AccessDenied"}:
        return insufficient_permissions(message)
    if code == "AlreadyExistsException":
        return AthenaError("TABLE_ALREADY_EXISTS", message)
    if code == "EntityNotFoundException":
        return AthenaError("TABLE_NOT_FOUND", message)
    return AthenaError("HIVE_METASTORE_ERROR", f"{message} (Service: AWSGlue; Error Code: {code})")


def table_input(table: Entry, **changes: Any) -> Entry:
    """What UpdateTable takes, from what GetTable gave, with changes.

    Example:
        >>> table_input({"Name": "t", "CreateTime": 1, "Parameters": {}}, Parameters={"a": "b"})
        {'Name': 't', 'Parameters': {'a': 'b'}}
    """
    kept = (
        "Name",
        "Description",
        "Owner",
        "Retention",
        "StorageDescriptor",
        "PartitionKeys",
        "ViewOriginalText",
        "ViewExpandedText",
        "TableType",
        "Parameters",
    )
    return {**{name: table[name] for name in kept if table.get(name) not in (None, "")}, **changes}


def is_iceberg(table: Entry) -> bool:
    """Whether the Glue table is an Iceberg table."""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def is_view(table: Entry) -> bool:
    """Whether the Glue table is a view."""
    return table.get("TableType") == "VIRTUAL_VIEW"


def location_of(table: Entry) -> str:
    """The S3 location of a table, ending in a slash; empty for a view."""
    location = (table.get("StorageDescriptor") or {}).get("Location") or ""
    return location if not location or location.endswith("/") else location + "/"
