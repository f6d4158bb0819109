"""Registries: the folders of schemas."""

from __future__ import annotations

import re
from typing import Any

from local.services.refusal import Refusal
from local.services.schema_registry import state

Request = dict[str, Any]
_NAME = re.compile(r"[a-zA-Z0-9_$#.-]{1,255}")
_TOLD = ("RegistryName", "RegistryArn", "Description", "Status", "CreatedTime", "UpdatedTime")


def require_name(name: str) -> None:
    """Refuse a name that Glue does not take.

    Raises:
        Refusal: `InvalidInputException`.
    """
    if not _NAME.fullmatch(name):
        raise Refusal("InvalidInputException", f"The name {name!r} does not match {_NAME.pattern}.")


def create(request: Request) -> Request:
    """CreateRegistry."""
    from ministack.services import glue

    name = request["RegistryName"]
    require_name(name)
    if name in state.registries:
        raise Refusal("AlreadyExistsException", f"Registry already exists. RegistryName: {name}.")
    made = {
        "RegistryName": name,
        "RegistryArn": state.arn(f"registry/{name}"),
        "Description": request.get("Description") or "",
        "Status": "AVAILABLE",
        "CreatedTime": state.now(),
        "UpdatedTime": state.now(),
    }
    state.registries[name] = made
    tags = dict(request.get("Tags") or {})
    glue._tags[made["RegistryArn"]] = tags
    return {**{field: made[field] for field in _TOLD[:3]}, "Tags": tags}


def get(request: Request) -> Request:
    """GetRegistry."""
    return state.registry(request["RegistryId"])


def listed(request: Request) -> Request:
    """ListRegistries."""
    return state.page(list(state.registries.values()), request, "Registries")


def update(request: Request) -> Request:
    """UpdateRegistry."""
    found = state.registry(request["RegistryId"])
    found |= {"Description": request["Description"], "UpdatedTime": state.now()}
    return {field: found[field] for field in _TOLD[:2]}


def delete(request: Request) -> Request:
    """DeleteRegistry, with all of its schemas."""
    from ministack.services import glue

    found = state.registry(request["RegistryId"])
    for arn, schema in list(state.schemas.items()):
        if schema["RegistryName"] == found["RegistryName"]:
            del state.schemas[arn]
            glue._tags.pop(arn, None)
    del state.registries[found["RegistryName"]]
    glue._tags.pop(found["RegistryArn"], None)
    return {**{field: found[field] for field in _TOLD[:2]}, "Status": "DELETING"}
