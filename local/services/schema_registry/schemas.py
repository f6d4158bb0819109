"""Schemas: what the records of a topic look like, in one format, under one compatibility mode."""

from __future__ import annotations

from typing import Any

from local.services.refusal import Refusal
from local.services.schema_registry import compatibility, registries, state, versions

Request = dict[str, Any]
_FORMATS = ("AVRO", "JSON", "PROTOBUF")
_TOLD = (
    *("RegistryName", "RegistryArn", "SchemaName", "SchemaArn", "Description", "DataFormat", "Compatibility"),
    *("SchemaCheckpoint", "SchemaStatus", "CreatedTime", "UpdatedTime"),
)


def create(request: Request) -> Request:
    """CreateSchema, with its first version when a definition is given."""
    from ministack.services import glue

    name, mode = request["SchemaName"], request["Compatibility"]
    registries.require_name(name)
    _require_one_of("DataFormat", request["DataFormat"], _FORMATS)
    _require_one_of("Compatibility", mode, compatibility.MODES)
    if not request.get("RegistryId") and state.DEFAULT not in state.registries:
        registries.create({"RegistryName": state.DEFAULT})
    registry = state.registry(request.get("RegistryId"))
    arn = state.arn(f"schema/{registry['RegistryName']}/{name}")
    if arn in state.schemas:
        raise Refusal(
            "AlreadyExistsException", f"Schema already exists. SchemaName: {name}, SchemaArn: {arn}."
        )
    made: Request = {
        "RegistryName": registry["RegistryName"],
        "RegistryArn": registry["RegistryArn"],
        "SchemaName": name,
        "SchemaArn": arn,
        "Description": request.get("Description") or "",
        "DataFormat": request["DataFormat"],
        "Compatibility": mode,
        "SchemaCheckpoint": 1,
        "NextVersion": 1,
        "SchemaStatus": "AVAILABLE",
        "CreatedTime": state.now(),
        "UpdatedTime": state.now(),
        "Versions": [],
    }
    first: Request = {}
    if request.get("SchemaDefinition"):
        added = versions.add(made, request["SchemaDefinition"])
        first = {"SchemaVersionId": added["SchemaVersionId"], "SchemaVersionStatus": added["Status"]}
    state.schemas[arn] = made
    tags = dict(request.get("Tags") or {})
    glue._tags[arn] = tags
    return {**_told(made), **first, "Tags": tags}


def _require_one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise Refusal(
            "InvalidInputException", f"{field} is {value!r}; it must be one of {', '.join(allowed)}."
        )


def get(request: Request) -> Request:
    """GetSchema."""
    return _told(state.schema(request["SchemaId"]))


def _told(found: Request) -> Request:
    usable = [one["VersionNumber"] for one in found["Versions"] if one["Status"] == "AVAILABLE"]
    latest = {"LatestSchemaVersion": usable[-1] if usable else 0, "NextSchemaVersion": found["NextVersion"]}
    return {**{field: found[field] for field in _TOLD}, **latest}


def listed(request: Request) -> Request:
    """ListSchemas: of one registry, or of all."""
    wanted = state.registry(request["RegistryId"])["RegistryName"] if request.get("RegistryId") else None
    found = [_told(one) for one in state.schemas.values() if wanted in (None, one["RegistryName"])]
    return state.page(found, request, "Schemas")


def update(request: Request) -> Request:
    """UpdateSchema: description, compatibility mode, or the version from which `_ALL` counts."""
    found = state.schema(request["SchemaId"])
    if not request.get("Compatibility") and not request.get("SchemaVersionNumber"):
        raise Refusal("InvalidInputException", "Give Compatibility or SchemaVersionNumber.")
    if request.get("SchemaVersionNumber"):
        found["SchemaCheckpoint"] = state.numbered(found, request["SchemaVersionNumber"])["VersionNumber"]
    if request.get("Compatibility"):
        _require_one_of("Compatibility", request["Compatibility"], compatibility.MODES)
        found["Compatibility"] = request["Compatibility"]
    if request.get("Description") is not None:
        found["Description"] = request["Description"]
    found["UpdatedTime"] = state.now()
    return {field: found[field] for field in ("SchemaArn", "SchemaName", "RegistryName")}


def delete(request: Request) -> Request:
    """DeleteSchema, with all of its versions."""
    from ministack.services import glue

    found = state.schema(request["SchemaId"])
    del state.schemas[found["SchemaArn"]]
    glue._tags.pop(found["SchemaArn"], None)
    return {"SchemaArn": found["SchemaArn"], "SchemaName": found["SchemaName"], "Status": "DELETING"}
