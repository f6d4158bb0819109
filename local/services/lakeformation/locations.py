"""S3 locations that Lake Formation answers for, and the role that reads and writes them."""

from __future__ import annotations

import time
from typing import Any

from ministack.core.responses import get_account_id

from local.services.lakeformation import state
from local.services.lakeformation.resources import is_inside, location_key
from local.services.refusal import Refusal

_LINKED_ROLE = "role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"


def register(request: dict[str, Any]) -> None:
    """Registers a bucket or prefix with the role that accesses it.

    Raises:
        Refusal: when it is registered already, or neither a role nor the service-linked role is named.
    """
    arn = request["ResourceArn"]
    if _find(arn) is not None:
        raise Refusal("AlreadyExistsException", f"Resource {arn} is already registered.")
    state.locations[location_key(arn)] = {
        "ResourceArn": arn,
        "RoleArn": _role(request),
        "LastModified": time.time(),
        "WithFederation": bool(request.get("WithFederation")),
        "HybridAccessEnabled": bool(request.get("HybridAccessEnabled")),
    }


def update(request: dict[str, Any]) -> None:
    """Changes the role or the mode of a registered location.

    Raises:
        Refusal: when it is not registered.
    """
    info = _required(request["ResourceArn"])
    info.update({"RoleArn": _role(request), "LastModified": time.time()})
    for name in ("WithFederation", "HybridAccessEnabled"):
        if name in request:
            info[name] = bool(request[name])


def deregister(request: dict[str, Any]) -> None:
    """Forgets a location; its tables are then read with the caller's own S3 rights.

    Raises:
        Refusal: when it is not registered.
    """
    _required(request["ResourceArn"])
    del state.locations[location_key(request["ResourceArn"])]


def describe(request: dict[str, Any]) -> dict[str, Any]:
    """One registered location.

    Raises:
        Refusal: when it is not registered.
    """
    return {"ResourceInfo": _required(request["ResourceArn"])}


def listed(request: dict[str, Any]) -> dict[str, Any]:
    """The registered locations that every filter condition of the request admits."""
    found = list(state.locations.values())
    for condition in request.get("FilterConditionList") or []:
        field = {"RESOURCE_ARN": "ResourceArn", "ROLE_ARN": "RoleArn"}.get(condition.get("Field", ""))
        if field:
            found = [info for info in found if info[field] in condition.get("StringValueList", [])]
    return {"ResourceInfoList": found}


def registered_role(location: str) -> str | None:
    """The role of the nearest registered location that holds `location` (s3:// or ARN), or None."""
    info = _nearest(location)
    return info["RoleArn"] if info else None


def _nearest(location: str) -> dict[str, Any] | None:
    holding = [info for info in state.locations.values() if is_inside(location, info["ResourceArn"])]
    return max(holding, key=lambda info: len(location_key(info["ResourceArn"])), default=None)


def _find(arn: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = state.locations.get(location_key(arn))
    return found


def _required(arn: str) -> dict[str, Any]:
    info = _find(arn)
    if info is None:
        raise Refusal("EntityNotFoundException", f"Entity not found: {arn} is not a registered resource.")
    return info


def _role(request: dict[str, Any]) -> str:
    if request.get("RoleArn"):
        return str(request["RoleArn"])
    if request.get("UseServiceLinkedRole"):
        return f"arn:aws:iam::{get_account_id()}:{_LINKED_ROLE}"
    raise Refusal("InvalidInputException", "Must provide RoleArn or set UseServiceLinkedRole to true.")
