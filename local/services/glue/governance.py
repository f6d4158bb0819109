"""Lake Formation at the door of the Glue API: metadata is seen and changed by permission only.

The rules are AWS's: any permission on a table shows it, ALTER changes it, DROP removes it, CREATE_TABLE on
the database adds one, and a table on a registered location needs access to that location as well.
"""

from __future__ import annotations

from typing import Any

from ministack.services import glue

from local.services import lakeformation
from local.services.glue import visibility
from local.services.refusal import Refusal

Request = dict[str, Any]

_TABLE_ACTIONS: dict[str, set[str]] = {
    "GetTable": {"DESCRIBE"},
    "GetTableVersion": {"DESCRIBE"},
    "GetTableVersions": {"DESCRIBE"},
    "GetPartition": {"DESCRIBE"},
    "GetPartitions": {"DESCRIBE"},
    "BatchGetPartition": {"DESCRIBE"},
    "GetPartitionIndexes": {"DESCRIBE"},
    "GetColumnStatisticsForPartition": {"SELECT"},
    "GetColumnStatisticsForTable": {"SELECT"},
    "UpdateColumnStatisticsForPartition": {"ALTER", "INSERT"},
    "UpdateColumnStatisticsForTable": {"ALTER", "INSERT"},
    "DeleteColumnStatisticsForPartition": {"ALTER", "DELETE"},
    "DeleteColumnStatisticsForTable": {"ALTER", "DELETE"},
    "UpdateTable": {"ALTER"},
    "DeleteTable": {"DROP"},
    "BatchDeleteTableVersion": {"ALTER", "DROP"},
    "CreatePartition": {"ALTER", "INSERT"},
    "BatchCreatePartition": {"ALTER", "INSERT"},
    "UpdatePartition": {"ALTER", "INSERT"},
    "BatchUpdatePartition": {"ALTER", "INSERT"},
    "DeletePartition": {"ALTER", "DELETE", "DROP"},
    "BatchDeletePartition": {"ALTER", "DELETE", "DROP"},
}
_DATABASE_ACTIONS = {"GetDatabase": "DESCRIBE", "UpdateDatabase": "ALTER", "DeleteDatabase": "DROP"}
_PARTITIONS = {"GetPartition", "GetPartitions", "BatchGetPartition"}
_COMMIT_PARAMETERS = {"metadata_location", "previous_metadata_location", "metadata_written"}


def require(action: str, request: Request, *, caller: str) -> None:
    """Refuses a Glue request that Lake Formation does not permit to the caller.

    Raises:
        Refusal: `AccessDeniedException: Insufficient Lake Formation permission(s): Required ...`.
    """
    if action == "CreateDatabase" and not lakeformation.may_create_database(caller):
        raise _insufficient("Create Database on Catalog")
    if action in _DATABASE_ACTIONS:
        _require_on_database(_DATABASE_ACTIONS[action], request.get("Name", ""), caller)
    if action == "CreateTable":
        _require_create_table(request, caller)
    if action in _TABLE_ACTIONS:
        _require_on_table(action, request, caller)
    for table in request.get("TablesToDelete") or []:
        if not {"DROP"} & lakeformation.permissions_for(caller, request["DatabaseName"], table):
            raise _insufficient(f"Drop on {table}")


def may_see_table(table: dict[str, Any], *, caller: str) -> bool:
    """Whether listings show the table to the caller."""
    return bool(lakeformation.permissions_for(caller, table["DatabaseName"], table["Name"]))


def may_see_database(database: dict[str, Any], *, caller: str) -> bool:
    """Whether listings show the database to the caller."""
    return bool(lakeformation.permissions_for(caller, database["Name"]))


def _require_on_database(permission: str, name: str, caller: str) -> None:
    if name in glue._databases and permission not in lakeformation.permissions_for(caller, name):
        raise _insufficient(f"{_spoken(permission)} on {name}")


def _require_create_table(request: Request, caller: str) -> None:
    database = request.get("DatabaseName", "")
    if database not in glue._databases:
        return
    if "CREATE_TABLE" not in lakeformation.permissions_for(caller, database):
        raise _insufficient(f"Create Table on {database}")
    location = _location(request)
    if location and not lakeformation.has_data_location(caller, location, database=database):
        raise _insufficient(f"Data Location Access on {location}")


def _require_on_table(action: str, request: Request, caller: str) -> None:
    database = request.get("DatabaseName", "")
    name = (
        request.get("TableName") or request.get("Name") or (request.get("TableInput") or {}).get("Name") or ""
    )
    table = glue._tables.get(f"{database}/{name}")
    if table is None:
        return
    wanted = _TABLE_ACTIONS[action]
    if action == "UpdateTable" and _only_commits(table, request):
        wanted = wanted | {
            "INSERT",
            "DELETE",
        }  # how an engine publishes the rows that it wrote to an Iceberg table
    held = lakeformation.permissions_for(caller, database, name)
    if not wanted & held:
        raise _insufficient(f"{_spoken(min(wanted))} on {name}")
    _require_seen(action, request, table, caller)
    moved = _location(request) if action == "UpdateTable" else None
    stays = moved == (table.get("StorageDescriptor") or {}).get("Location")
    if moved and not stays and not lakeformation.has_data_location(caller, moved, database=database):
        raise _insufficient(f"Data Location Access on {moved}")


def _require_seen(action: str, request: Request, table: dict[str, Any], caller: str) -> None:
    """Refuses what a caller who sees some columns or rows only could learn or destroy by the request."""
    if action in _PARTITIONS:
        visibility.require_partitions(table, caller=caller)
    if action.startswith("GetColumnStatistics"):
        visibility.require_statistics(table, request.get("ColumnNames") or [], caller=caller)
    if action == "UpdateTable":
        visibility.require_unfiltered(
            table, "an update, which would drop the columns it does not see", caller=caller
        )


def _only_commits(table: dict[str, Any], request: Request) -> bool:
    """Whether an update only moves an Iceberg table to its next metadata file."""
    before, after = table.get("Parameters") or {}, request["TableInput"].get("Parameters") or {}
    if (
        str(before.get("table_type", "")).upper() != "ICEBERG"
        or str(after.get("table_type", "")).upper() != "ICEBERG"
    ):
        return False
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    names = [
        [c["Name"] for c in (t.get("StorageDescriptor") or {}).get("Columns") or []]
        for t in (table, request["TableInput"])
    ]
    return changed <= _COMMIT_PARAMETERS and names[0] == names[1]


def _location(request: Request) -> str | None:
    iceberg = ((request.get("OpenTableFormatInput") or {}).get("IcebergInput") or {}).get(
        "CreateIcebergTableInput"
    )
    descriptor = (request.get("TableInput") or {}).get("StorageDescriptor") or {}
    found = (iceberg or {}).get("Location") or descriptor.get("Location")
    return str(found) if found else None


def _insufficient(required: str) -> Refusal:
    return Refusal("AccessDeniedException", f"Insufficient Lake Formation permission(s): Required {required}")


def _spoken(permission: str) -> str:
    return permission.replace("_", " ").title()
