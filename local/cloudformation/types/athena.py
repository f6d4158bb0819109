"""AWS::Athena::WorkGroup, NamedQuery and PreparedStatement, through Athena's own API as the account."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from local import identity
from local.cloudformation import registry

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
_BOOLEANS = ("EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled", "RequesterPaysEnabled")


def install() -> None:
    """Registers the types."""
    registry.register(
        "AWS::Athena::WorkGroup", create=_workgroup_create, update=_workgroup_update, delete=_workgroup_delete
    )
    registry.register(
        "AWS::Athena::NamedQuery", create=_query_create, update=_query_update, delete=_query_delete
    )
    registry.register(
        "AWS::Athena::PreparedStatement",
        create=_statement_create,
        update=_statement_update,
        delete=_statement_delete,
    )


def _athena() -> Any:
    return identity.client(identity.root_session(), "athena")


def _arn(name: str) -> str:
    return f"arn:aws:athena:{identity.region()}:{identity.account_id()}:workgroup/{name}"


def _configuration(properties: Properties) -> Properties:
    """The template's configuration with the types that the API wants; a template may spell them as text."""
    made = dict(properties.get("WorkGroupConfiguration") or {})
    for name in _BOOLEANS:
        if name in made:
            made[name] = str(made[name]).lower() == "true"
    if "BytesScannedCutoffPerQuery" in made:
        made["BytesScannedCutoffPerQuery"] = int(made["BytesScannedCutoffPerQuery"])
    return made


def _workgroup_create(logical_id: str, properties: Properties, stack_name: str) -> Made:
    del logical_id, stack_name
    name = properties["Name"]
    arguments: Properties = {"Name": name, "Configuration": _configuration(properties)}
    if properties.get("Description"):
        arguments["Description"] = properties["Description"]
    if properties.get("Tags"):
        arguments["Tags"] = properties["Tags"]
    _athena().create_work_group(**arguments)
    if properties.get("State") == "DISABLED":
        _athena().update_work_group(WorkGroup=name, State="DISABLED")
    return name, _workgroup_attributes(name)


def _workgroup_update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if new["Name"] != physical_id:
        return _workgroup_create("", new, stack_name)
    _athena().update_work_group(
        WorkGroup=physical_id,
        Description=new.get("Description", ""),
        State=new.get("State") or "ENABLED",
        ConfigurationUpdates=_configuration_updates(old, new),
    )
    _update_tags(physical_id, old.get("Tags") or [], new.get("Tags") or [])
    return physical_id, _workgroup_attributes(physical_id)


def _configuration_updates(old: Properties, new: Properties) -> Properties:
    """UpdateWorkGroup changes only what it is told, so what the template dropped is removed or set to its default."""
    wanted, before = _configuration(new), _configuration(old)
    results = wanted.pop("ResultConfiguration", None) or {}
    updates = {
        "EnforceWorkGroupConfiguration": True,
        "PublishCloudWatchMetricsEnabled": False,
        "RequesterPaysEnabled": False,
        "EngineVersion": {"SelectedEngineVersion": "AUTO"},
        **wanted,
    }
    if "BytesScannedCutoffPerQuery" in before and "BytesScannedCutoffPerQuery" not in wanted:
        updates["RemoveBytesScannedCutoffPerQuery"] = True
    dropped = set(before.get("ResultConfiguration") or {}) - set(results)
    updates["ResultConfigurationUpdates"] = {**results, **{f"Remove{name}": True for name in dropped}}
    return updates


def _update_tags(name: str, old: list[Properties], new: list[Properties]) -> None:
    gone = sorted({tag["Key"] for tag in old} - {tag["Key"] for tag in new})
    if gone:
        _athena().untag_resource(ResourceARN=_arn(name), TagKeys=gone)
    if new:
        _athena().tag_resource(ResourceARN=_arn(name), Tags=new)


def _workgroup_delete(physical_id: str, properties: Properties) -> None:
    recursive = str(properties.get("RecursiveDeleteOption")).lower() == "true"
    try:
        _athena().delete_work_group(WorkGroup=physical_id, RecursiveDeleteOption=recursive)
    except ClientError as error:
        if "is not found" not in str(error):
            raise


def _workgroup_attributes(name: str) -> Properties:
    found = _athena().get_work_group(WorkGroup=name)["WorkGroup"]
    effective = found["Configuration"]["EngineVersion"]["EffectiveEngineVersion"]
    return {
        "CreationTime": str(found["CreationTime"].timestamp()),
        "WorkGroupConfiguration.EngineVersion.EffectiveEngineVersion": effective,
        "WorkGroupConfigurationUpdates.EngineVersion.EffectiveEngineVersion": effective,
    }


def _query_create(logical_id: str, properties: Properties, stack_name: str) -> Made:
    arguments = {
        "Name": properties.get("Name") or f"{stack_name}-{logical_id}",
        "Database": properties["Database"],
        "QueryString": properties["QueryString"],
        **{name: properties[name] for name in ("Description", "WorkGroup") if properties.get(name)},
    }
    identifier = _athena().create_named_query(**arguments)["NamedQueryId"]
    return identifier, {"NamedQueryId": identifier}


def _query_update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    """Every change of a named query is a replacement, as in CloudFormation."""
    del old
    name = _athena().get_named_query(NamedQueryId=physical_id)["NamedQuery"]["Name"]
    return _query_create("", {"Name": name, **new}, stack_name)


def _query_delete(physical_id: str, properties: Properties) -> None:
    del properties
    _athena().delete_named_query(NamedQueryId=physical_id)


def _statement_create(logical_id: str, properties: Properties, stack_name: str) -> Made:
    del logical_id, stack_name
    described = {"Description": properties["Description"]} if properties.get("Description") else {}
    _athena().create_prepared_statement(
        StatementName=properties["StatementName"],
        WorkGroup=properties["WorkGroup"],
        QueryStatement=properties["QueryStatement"],
        **described,
    )
    return properties["StatementName"], {}


def _statement_update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    """Made again under its name: the API cannot take a description away."""
    if new["StatementName"] == physical_id and new["WorkGroup"] == old["WorkGroup"]:
        _statement_delete(physical_id, old)
    return _statement_create("", new, stack_name)


def _statement_delete(physical_id: str, properties: Properties) -> None:
    try:
        _athena().delete_prepared_statement(StatementName=physical_id, WorkGroup=properties["WorkGroup"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
