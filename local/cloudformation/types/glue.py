"""AWS::Glue::* resources: databases, tables (Hive and Iceberg), crawlers and the catalog's settings.

CloudFormation acts here as the account. An Iceberg table's first metadata file is written to S3 over the
network, with the account's credentials or those of the location's registered role.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id
from ministack.services import glue
from ministack.services.cloudformation import provisioners

from local import identity
from local.cloudformation import registry
from local.services.crawler import records, runs
from local.services.glue import encryption, iceberg_create, optimizers
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types."""
    for name, (create, update, delete) in {
        "Database": (_database_create, _database_update, _database_delete),
        "Table": (_table_create, _table_update, _table_delete),
        "Crawler": (_crawler_create, _crawler_update, _crawler_delete),
        "SecurityConfiguration": (_security_create, _security_update, _security_delete),
        "DataCatalogEncryptionSettings": (_encryption_create, _encryption_update, _encryption_delete),
        "TableOptimizer": (_optimizer_create, _optimizer_update, _optimizer_delete),
    }.items():
        registry.register(f"AWS::Glue::{name}", create=create, update=update, delete=delete)


def _call(act: Callable[[Properties], Any], request: Properties) -> None:
    """One of ministack's functions; its refusal fails the resource with its own words."""
    status, _, body = act(request)
    if status != 200:  # noqa: PLR2004 - the HTTP status of success
        answer = json.loads(body)
        raise Refusal(str(answer.get("__type", "")).rsplit("#", 1)[-1], answer.get("message", ""), status)


def _gone_is_fine(act: Callable[..., Any], *args: Any) -> None:
    try:
        act(*args)
    except Refusal as refusal:
        if refusal.code != "EntityNotFoundException":
            raise


def _generated(stack: str, logical_id: str) -> str:
    return f"{stack}_{logical_id}".lower().replace("-", "_")


# --- databases ----------------------------------------------------------------------------------------------


def _database_input(name: str, properties: Properties) -> Properties:
    return {**copy.deepcopy(properties["DatabaseInput"]), "Name": name}


def _database_create(logical_id: str, properties: Properties, stack: str) -> Made:
    declared = properties.get("DatabaseName") or properties["DatabaseInput"].get("Name")
    name = str(declared or _generated(stack, logical_id)).lower()
    _call(glue._create_database, {"DatabaseInput": _database_input(name, properties)})
    return name, {}


def _database_update(physical_id: str, _old: Properties, new: Properties, stack: str) -> Made:
    declared = new.get("DatabaseName") or new["DatabaseInput"].get("Name")
    if declared and str(declared).lower() != physical_id:
        return _database_create(physical_id, new, stack)
    empty: Properties = {"Description": "", "LocationUri": None, "Parameters": {}}
    wanted = {**empty, **_database_input(physical_id, new)}
    _call(glue._update_database, {"Name": physical_id, "DatabaseInput": wanted})
    return physical_id, {}


def _database_delete(physical_id: str, _properties: Properties) -> None:
    _gone_is_fine(_call, glue._delete_database, {"Name": physical_id})


# --- tables -------------------------------------------------------------------------------------------------


def _table_name(properties: Properties) -> str | None:
    named = (properties.get("TableInput") or {}).get("Name") or properties.get("Name")
    return str(named).lower() if named else None


def _table_create(logical_id: str, properties: Properties, stack: str) -> Made:
    name = _table_name(properties) or _generated(stack, logical_id)
    request = {
        "DatabaseName": str(properties["DatabaseName"]).lower(),
        "TableInput": {**copy.deepcopy(properties.get("TableInput") or {}), "Name": name},
    }
    if (properties.get("OpenTableFormatInput") or {}).get("IcebergInput"):
        root = f"arn:aws:iam::{get_account_id()}:root"
        request["OpenTableFormatInput"] = properties["OpenTableFormatInput"]
        iceberg_create.create(request, session=identity.root_session(), principal=root)
    else:
        _call(glue._create_table, request)
    return name, {}


def _table_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    name = _table_name(new) or physical_id
    if name != physical_id or old["DatabaseName"] != new["DatabaseName"]:
        made = _table_create(physical_id, {**new, "Name": name}, stack)
        if made[0] == physical_id:  # another database, the same name: the engine sees no replacement
            provisioners._delete_predecessor(_table_delete, physical_id, old)
        return made
    if (new.get("OpenTableFormatInput") or {}).get("IcebergInput"):
        _update_iceberg(physical_id, old, new)
        return physical_id, {}
    wanted = {**copy.deepcopy(new.get("TableInput") or {}), "Name": physical_id}
    _call(glue._update_table, {"DatabaseName": str(new["DatabaseName"]).lower(), "TableInput": wanted})
    return physical_id, {}


def _update_iceberg(name: str, old: Properties, new: Properties) -> None:
    """Comments follow the template; anything else of an Iceberg table changes in Athena, not here."""
    before, after = (_without_docs(properties["OpenTableFormatInput"]) for properties in (old, new))
    if before != after:
        changed = ", ".join(sorted(_differences(before, after)))
        raise Refusal(
            "InvalidInputException",
            f"CloudFormation cannot change the Iceberg table {new['DatabaseName']}.{name}: MetadataOperation "
            f"knows only CREATE, and {changed} changed. Change the table with Athena (ALTER TABLE ... ADD "
            "COLUMNS, SET TBLPROPERTIES) and leave the template as it was, or deploy it under a new name.",
        )
    table = glue._tables[f"{str(new['DatabaseName']).lower()}/{name}"]
    docs = _docs(new["OpenTableFormatInput"])
    for column in table["StorageDescriptor"]["Columns"]:
        if column["Name"] in docs:
            column["Comment"] = docs[column["Name"]]
    table["Description"] = (new.get("TableInput") or {}).get("Description", table.get("Description", ""))


def _fields(described: Properties) -> list[Properties]:
    table = described["IcebergInput"].get("IcebergTableInput") or {}
    return list((table.get("Schema") or {}).get("Fields") or [])


def _docs(described: Properties) -> dict[str, str]:
    return {field["Name"]: field.get("Doc", "") for field in _fields(described)}


def _without_docs(described: Properties) -> Properties:
    told = copy.deepcopy(described)
    for field in _fields(told):
        field.pop("Doc", None)
    return told


def _differences(before: Any, after: Any, path: str = "OpenTableFormatInput") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            found
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
            for found in _differences(before.get(name), after.get(name), f"{path}.{name}")
        ]
    return [path]


def _table_delete(physical_id: str, properties: Properties) -> None:
    """The entry goes, the data on S3 stays, as on AWS."""
    database = str(properties["DatabaseName"]).lower()
    _gone_is_fine(_call, glue._delete_table, {"DatabaseName": database, "Name": physical_id})


# --- crawlers -----------------------------------------------------------------------------------------------


def _crawler_request(name: str, properties: Properties) -> Properties:
    request = {**copy.deepcopy(properties), "Name": name}
    schedule = request.pop("Schedule", None)
    request["Schedule"] = (schedule or {}).get("ScheduleExpression", "")
    request["Tags"] = provisioners._tag_map(properties.get("Tags"))
    configuration = request.get("Configuration")
    if isinstance(configuration, dict):
        request["Configuration"] = json.dumps(configuration)
    return request


def _crawler_create(logical_id: str, properties: Properties, stack: str) -> Made:
    name = str(properties.get("Name") or f"{stack}-{logical_id}")
    records.create(_crawler_request(name, properties))
    return name, {}


def _crawler_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if new.get("Name") and new["Name"] != physical_id:
        return _crawler_create(physical_id, new, stack)
    dropped = {name: None for name in old if name not in new}
    records.update({**dropped, **_crawler_request(physical_id, new), "Replaces": True})
    provisioners._glue_sync_tags(glue._arn("crawler", physical_id), old, new, "AWS::Glue::Crawler")
    return physical_id, {}


def _crawler_delete(physical_id: str, _properties: Properties) -> None:
    record = glue._crawlers.get(physical_id)
    if record is not None and record["State"] == "RUNNING":
        runs.stop({"Name": physical_id})
        runs.wait(physical_id)
    _gone_is_fine(records.delete, {"Name": physical_id})


# --- settings -----------------------------------------------------------------------------------------------


def _security_create(logical_id: str, properties: Properties, stack: str) -> Made:
    name = str(properties.get("Name") or f"{stack}-{logical_id}")
    described = properties["EncryptionConfiguration"]
    s3 = described.get("S3Encryptions") or []
    wanted = {**{k: v for k, v in described.items() if k != "S3Encryptions"}, "S3Encryption": s3}
    _call(glue._create_security_configuration, {"Name": name, "EncryptionConfiguration": wanted})
    return name, {}


def _security_update(physical_id: str, _old: Properties, new: Properties, stack: str) -> Made:
    """Everything of it is create-only; under the same name that is a clash, as on AWS."""
    return _security_create(physical_id, new, stack)


def _security_delete(physical_id: str, _properties: Properties) -> None:
    _gone_is_fine(_call, glue._delete_security_configuration, {"Name": physical_id})


def _encryption_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    encryption.put(properties)
    return str(properties["CatalogId"]), {}


def _encryption_update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    encryption.put(new)
    return physical_id, {}


def _encryption_delete(_physical_id: str, _properties: Properties) -> None:
    encryption.forget()


_OPTIMIZER = ("CatalogId", "DatabaseName", "TableName", "Type")


def _optimizer_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    optimizers.create(properties)
    return "|".join(str(properties[name]) for name in _OPTIMIZER), {}


def _optimizer_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if any(old[name] != new[name] for name in _OPTIMIZER):
        return _optimizer_create(physical_id, new, stack)
    optimizers.update(new)
    return physical_id, {}


def _optimizer_delete(_physical_id: str, properties: Properties) -> None:
    _gone_is_fine(optimizers.delete, properties)
