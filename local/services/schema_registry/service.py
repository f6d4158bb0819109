"""Adds the schema registry's operations to the Glue API of the embedded AWS."""

from __future__ import annotations

from typing import Any

from local import hooks, persistence
from local.services.glue import resources as glue_resources
from local.services.glue import service as glue_service
from local.services.schema_registry import metadata, registries, resources, schemas, state, versions

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


def install() -> None:
    """Add the operations, what they are about for IAM, and their state to what is kept."""
    glue_service.OPERATIONS.update(OPERATIONS)

    def arns(action: str, request: dict[str, Any]) -> list[str]:
        return resources.arns(action, request) if action in OPERATIONS else list(old(action, request))

    old = hooks.replace(glue_resources, "arns", arns, parameters="action request")
    persistence.register("aws-schema-registry", state.save, state.load)
