"""Adds the schema registry's operations to the Glue API of the embedded AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import hooks, persistence
from local.services.glue import resources as glue_resources
from local.services.glue import service as glue_service
from local.services.schema_registry import metadata, registries, resources, schemas, state, versions

if TYPE_CHECKING:
    from collections.abc import Callable

Request = dict[str, Any]

OPERATIONS: dict[str, Any] = {
    "CheckSchemaVersionValidity": versions.check,
    "CreateRegistry": registries.create,
    "CreateSchema": schemas.create,
    "DeleteRegistry": registries.delete,
    "DeleteSchema": schemas.delete,
    "DeleteSchemaVersions": versions.delete,
    "GetRegistry": registries.get,
    "GetSchema": schemas.get,
    "GetSchemaByDefinition": versions.by_definition,
    "GetSchemaVersion": versions.get,
    "GetSchemaVersionsDiff": versions.differences,
    "ListRegistries": registries.listed,
    "ListSchemaVersions": versions.listed,
    "ListSchemas": schemas.listed,
    "PutSchemaVersionMetadata": metadata.put,
    "QuerySchemaVersionMetadata": metadata.query,
    "RegisterSchemaVersion": versions.register,
    "RemoveSchemaVersionMetadata": metadata.remove,
    "UpdateRegistry": registries.update,
    "UpdateSchema": schemas.update,
}


# An id that was told is in records for ever: it is on disk before it is told.
_TELL_IDS = ("CreateSchema", "RegisterSchemaVersion")


def install() -> None:
    """Add the operations, what they are about for IAM, and their state to what is kept."""
    glue_service.OPERATIONS.update(OPERATIONS)
    glue_service.OPERATIONS.update({name: _kept_first(OPERATIONS[name]) for name in _TELL_IDS})

    def arns(action: str, request: dict[str, Any]) -> list[str]:
        return resources.arns(action, request) if action in OPERATIONS else list(old(action, request))

    old = hooks.replace(glue_resources, "arns", arns, parameters="action request")
    persistence.register("aws-schema-registry", state.save, state.load)


def _kept_first(operation: Callable[[Request], Request]) -> Callable[[Request], Request]:
    def kept(request: Request) -> Request:
        known = _newest_ids()
        told = operation(request)
        if _newest_ids() != known:
            persistence.checkpoint()
        return told

    return kept


def _newest_ids() -> list[int]:
    return [int(schema["NextVersion"]) for schema in state.schemas.values()]
