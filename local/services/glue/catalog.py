"""Databases and tables as AWS keeps them: default permissions, versions, and nothing left behind on deletion.

Wraps ministack's own functions, so that the Glue API, CloudFormation and the engines all pass through here.
"""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, Any

from ministack.services import glue

from local import hooks
from local.services.glue import versions
from local.services.lakeformation import cells, grants, settings, tagged

if TYPE_CHECKING:
    from local.services.refusal import Answer

Request = dict[str, Any]
_OK = 200


def install() -> None:
    """Wraps create, update and delete of databases and tables."""
    for name, wrapper in {
        "_create_database": _create_database,
        "_update_database": _update_database,
        "_delete_database": _delete_database,
        "_create_table": _create_table,
        "_update_table": _update_table,
        "_delete_table": _delete_table,
        "_batch_delete_table": _batch_delete_table,
    }.items():
        _wrap(name, wrapper)


def _wrap(name: str, wrapper: Any) -> None:
    old = hooks.replace(glue, name, None, parameters="data")
    setattr(glue, name, lambda data: wrapper(old, data))


def _create_database(old: Any, data: Request) -> Answer:
    answer: Answer = old(data)
    if answer[0] == _OK:
        wanted = data["DatabaseInput"]
        name = wanted["Name"]
        current = settings.current()
        defaults = wanted.get(
            "CreateTableDefaultPermissions", current.get("CreateTableDefaultPermissions") or []
        )
        glue._databases[name]["CreateTableDefaultPermissions"] = copy.deepcopy(defaults)
        if wanted.get("TargetDatabase"):
            glue._databases[name]["TargetDatabase"] = wanted["TargetDatabase"]
        for entry in current.get("CreateDatabaseDefaultPermissions") or []:
            principal = entry["Principal"]["DataLakePrincipalIdentifier"]
            grants.put(principal, {"Database": {"Name": name}}, entry["Permissions"])
    return answer


def _update_database(old: Any, data: Request) -> Answer:
    answer: Answer = old(data)
    wanted = data.get("DatabaseInput") or {}
    if answer[0] == _OK and "CreateTableDefaultPermissions" in wanted:
        glue._databases[data["Name"]]["CreateTableDefaultPermissions"] = wanted[
            "CreateTableDefaultPermissions"
        ]
    return answer


def _delete_database(old: Any, data: Request) -> Answer:
    name = data.get("Name", "")
    tables = [key for key in glue._tables if key.startswith(f"{name}/")]
    answer: Answer = old(data)
    if answer[0] == _OK:
        for keeper in (grants, tagged, cells):
            keeper.forget(name)
        for key in tables:
            versions.forget(key)
    return answer


def _create_table(old: Any, data: Request) -> Answer:
    answer: Answer = old(data)
    if answer[0] == _OK:
        wanted = data["TableInput"]
        table = glue._tables[f"{data['DatabaseName']}/{wanted['Name']}"]
        _keep_the_rest(table, wanted)
        database = glue._databases[data["DatabaseName"]]
        for entry in database.get("CreateTableDefaultPermissions") or []:
            principal = entry["Principal"]["DataLakePrincipalIdentifier"]
            resource = {"Table": {"DatabaseName": data["DatabaseName"], "Name": wanted["Name"]}}
            grants.put(principal, resource, entry["Permissions"])
        for index in data.get("PartitionIndexes") or []:
            key = {"DatabaseName": data["DatabaseName"], "TableName": wanted["Name"]}
            glue._create_partition_index({**key, "PartitionIndex": index})
    return answer


def _update_table(old: Any, data: Request) -> Answer:
    wanted = data.get("TableInput") or {}
    key = f"{data.get('DatabaseName')}/{wanted.get('Name')}"
    before = copy.deepcopy(glue._tables.get(key))
    answer: Answer = old(data)
    if answer[0] == _OK and before is not None:
        table = glue._tables[key]
        _keep_the_rest(table, wanted)
        for gone in ("Description", "Owner", "ViewOriginalText", "ViewExpandedText"):
            if gone not in wanted:  # UpdateTable replaces the definition, it does not merge into it
                table[gone] = None if gone.startswith("View") else ""
        for gone in ("Parameters", "StorageDescriptor", "PartitionKeys"):
            if gone not in wanted:
                table[gone] = [] if gone == "PartitionKeys" else {}
        if str(data.get("SkipArchive", False)).lower() != "true":
            versions.keep(key, before)
    return answer


def _delete_table(old: Any, data: Request) -> Answer:
    answer: Answer = old(data)
    if answer[0] == _OK:
        _forget(data["DatabaseName"], data["Name"])
    return answer


def _batch_delete_table(old: Any, data: Request) -> Answer:
    present = [
        name for name in data.get("TablesToDelete") or [] if f"{data['DatabaseName']}/{name}" in glue._tables
    ]
    answer: Answer = old(data)
    if answer[0] == _OK:
        for name in present:
            _forget(data["DatabaseName"], name)
    return answer


def _forget(database: str, table: str) -> None:
    for keeper in (grants, tagged, cells):
        keeper.forget(database, table)
    versions.forget(f"{database}/{table}")


def _keep_the_rest(table: dict[str, Any], wanted: dict[str, Any]) -> None:
    """What ministack does not copy from TableInput."""
    for name in ("Retention", "TargetTable"):
        if name in wanted:
            table[name] = wanted[name]
    for name in ("LastAccessTime", "LastAnalyzedTime"):
        table[name] = wanted.get(name) or table.get(name) or int(time.time())
    table["UpdateTime"] = int(time.time())
