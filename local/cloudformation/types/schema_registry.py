"""AWS::Glue::Registry, Schema, SchemaVersion and SchemaVersionMetadata, through the API that a client uses."""

from __future__ import annotations

from typing import Any

from local.cloudformation.registry import register
from local.cloudformation.typed import typed

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_SCHEMA_ONLY = ("Registry", "Name", "DataFormat", "SchemaDefinition")
_ID = "SchemaVersionId"


def install() -> None:
    """Register the types."""
    for name, create, update, delete in (
        ("Registry", _create_registry, _update_registry, _delete_registry),
        ("Schema", _create_schema, _update_schema, _delete_schema),
        ("SchemaVersion", _create_version, _update_version, _delete_version),
        ("SchemaVersionMetadata", _create_metadata, _update_metadata, _delete_metadata),
    ):
        register(f"AWS::Glue::{name}", create=create, update=update, delete=delete)


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "glue")


def _call(operation: str, given: Properties) -> Any:
    client = _client()
    method = next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation)
    shape = client.meta.service_model.operation_model(operation).input_shape
    return getattr(client, method)(**typed(given, shape))


def _tags(props: Properties) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in props.get("Tags") or []}


def _tag(arn: str, old: Properties, new: Properties) -> None:
    before, after = _tags(old), _tags(new)
    gone = sorted(before.keys() - after.keys())
    if gone:
        _client().untag_resource(ResourceArn=arn, TagsToRemove=gone)
    if after and after != before:
        _client().tag_resource(ResourceArn=arn, TagsToAdd=after)


# --- registries ---------------------------------------------------------------------------------------------


def _create_registry(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    given = {"RegistryName": props["Name"], "Description": props.get("Description"), "Tags": _tags(props)}
    arn = str(_call("CreateRegistry", given)["RegistryArn"])
    return arn, {"Arn": arn}


def _update_registry(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if old["Name"] != new["Name"]:
        return _create_registry(physical_id, new, stack_name)
    if old.get("Description") != new.get("Description"):
        identifier = {"RegistryArn": physical_id}
        _call("UpdateRegistry", {"RegistryId": identifier, "Description": new.get("Description") or ""})
    _tag(physical_id, old, new)
    return physical_id, {"Arn": physical_id}


def _delete_registry(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_registry(RegistryId={"RegistryArn": physical_id})
    except client.exceptions.EntityNotFoundException:
        return


# --- schemas ------------------------------------------------------------------------------------------------


def _create_schema(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    registry = props.get("Registry") or {}
    identifier = (
        {"RegistryArn": registry["Arn"]} if registry.get("Arn") else {"RegistryName": registry.get("Name")}
    )
    given = {
        "RegistryId": identifier if registry else None,
        "SchemaName": props["Name"],
        "DataFormat": props["DataFormat"],
        "Compatibility": props["Compatibility"],
        "Description": props.get("Description"),
        "SchemaDefinition": props.get("SchemaDefinition"),
        "Tags": _tags(props),
    }
    made = _call("CreateSchema", given)
    attributes = {"Arn": made["SchemaArn"], "InitialSchemaVersionId": made.get(_ID, "")}
    return str(made["SchemaArn"]), attributes


def _update_schema(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if any(old.get(name) != new.get(name) for name in _SCHEMA_ONLY):
        return _create_schema(physical_id, new, stack_name)
    identifier = {"SchemaArn": physical_id}
    changed = [
        name
        for name in ("Compatibility", "Description", "CheckpointVersion")
        if old.get(name) != new.get(name)
    ]
    if changed:
        given: Properties = {"SchemaId": identifier, "Compatibility": new["Compatibility"]}
        given["Description"] = new.get("Description") or ""
        checkpoint = new.get("CheckpointVersion") or {}
        if checkpoint:
            by_number = {"VersionNumber": checkpoint.get("VersionNumber")}
            given["SchemaVersionNumber"] = (
                {"LatestVersion": True} if checkpoint.get("IsLatest") else by_number
            )
        _call("UpdateSchema", given)
    _tag(physical_id, old, new)
    first = _client().list_schema_versions(SchemaId=identifier, MaxResults=1)["Schemas"]
    return physical_id, {"Arn": physical_id, "InitialSchemaVersionId": first[0][_ID] if first else ""}


def _delete_schema(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_schema(SchemaId={"SchemaArn": physical_id})
    except client.exceptions.EntityNotFoundException:
        return


# --- versions -----------------------------------------------------------------------------------------------


def _create_version(logical_id: str, props: Properties, _stack_name: str) -> Made:
    """A version that does not fit the earlier ones fails the stack, as on AWS, and says why here."""
    from local.services.schema_registry import state

    given = {"SchemaId": props["Schema"], "SchemaDefinition": props["SchemaDefinition"]}
    made = _call("RegisterSchemaVersion", given)
    if made["Status"] != "AVAILABLE":
        schema, found = state.version_by_id(made[_ID])
        raise ValueError(
            f"{logical_id}: this version of {schema['SchemaName']} does not fit under {schema['Compatibility']}: "
            f"{'; '.join(found['Problems'])}. Mend: change the definition, or make a schema of its own for it"
        )
    return str(made[_ID]), {"VersionId": made[_ID]}


def _update_version(physical_id: str, _old: Properties, new: Properties, stack_name: str) -> Made:
    """Everything of it is create-only."""
    return _create_version(physical_id, new, stack_name)


def _delete_version(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        found = client.get_schema_version(SchemaVersionId=physical_id)
        number = str(found["VersionNumber"])
        told = client.delete_schema_versions(SchemaId={"SchemaArn": found["SchemaArn"]}, Versions=number)
    except client.exceptions.EntityNotFoundException:
        return
    for error in told["SchemaVersionErrors"]:
        raise ValueError(f"Version {number}: {error['ErrorDetails']['ErrorMessage']}")


def _create_metadata(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    pair = {"MetadataKey": props["Key"], "MetadataValue": props["Value"]}
    _call("PutSchemaVersionMetadata", {_ID: props[_ID], "MetadataKeyValue": pair})
    return f"{props[_ID]}|{props['Key']}|{props['Value']}", {}


def _update_metadata(physical_id: str, _old: Properties, new: Properties, stack_name: str) -> Made:
    """Everything of it is create-only."""
    return _create_metadata(physical_id, new, stack_name)


def _delete_metadata(_physical_id: str, props: Properties) -> None:
    client = _client()
    pair = {"MetadataKey": props["Key"], "MetadataValue": props["Value"]}
    try:
        client.remove_schema_version_metadata(SchemaVersionId=props[_ID], MetadataKeyValue=pair)
    except client.exceptions.EntityNotFoundException:
        return
