"""Which ARNs a request to the schema registry must be allowed on: the registry's and the schema's."""

from __future__ import annotations

from typing import Any

from local.services.refusal import Refusal
from local.services.schema_registry import state

_OF_NOTHING = frozenset({"CheckSchemaVersionValidity", "ListRegistries"})


def arns(action: str, request: dict[str, Any]) -> list[str]:
    """The ARNs, the registry's first; `*` where there is nothing to name.

    Example:
        >>> arns("ListRegistries", {})
        ['*']
    """
    if action in _OF_NOTHING:
        return ["*"]
    if action == "CreateRegistry":
        return [state.arn(f"registry/{request.get('RegistryName', '*')}")]
    if request.get("SchemaVersionId"):
        try:
            schema = str(state.version_by_id(str(request["SchemaVersionId"]))[0]["SchemaArn"])
        except Refusal:
            return ["*"]
        return [_registry_of(schema), schema]
    if request.get("SchemaId"):
        try:
            schema = state.schema_arn(request["SchemaId"])
        except Refusal:
            return ["*"]
        return [_registry_of(schema), schema]
    if action == "ListSchemas" and not request.get("RegistryId"):
        return ["*"]
    name = state.registry_name(request.get("RegistryId"))
    found = [state.arn(f"registry/{name}")]
    if action == "CreateSchema":
        found.append(state.arn(f"schema/{name}/{request.get('SchemaName', '*')}"))
    return found


def _registry_of(schema_arn: str) -> str:
    base, _, path = schema_arn.partition(":schema/")
    return f"{base}:registry/{path.split('/')[0]}"
