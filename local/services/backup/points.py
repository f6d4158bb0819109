"""Recovery points: what a vault holds, until its retention is over."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from local.services.backup import databases, state, vaults
from local.services.refusal import Refusal

Request = dict[str, Any]
_HIDDEN = {"Content"}


def add(vault: dict[str, Any], content: dict[str, Any], **known: Any) -> dict[str, Any]:
    """Put a new recovery point into a vault of the current region.

    Args:
        vault: The vault.
        content: What is needed to restore it.
        known: ResourceArn, ResourceType, IamRoleArn, Lifecycle and whatever else the API shows of it.
    """
    made = state.now()
    days = (known.get("Lifecycle") or {}).get("DeleteAfterDays")
    point = {
        "RecoveryPointArn": state.arn("recovery-point", str(uuid.uuid4())),
        "BackupVaultName": vault["BackupVaultName"],
        "BackupVaultArn": vault["BackupVaultArn"],
        "EncryptionKeyArn": vault["EncryptionKeyArn"],
        "IsEncrypted": True,
        "Status": "COMPLETED",
        "CreationDate": made,
        "CompletionDate": made,
        "CalculatedLifecycle": {"DeleteAt": made + int(days) * state.DAY_SECONDS} if days else None,
        "Content": content,
        **known,
    }
    state.points[point["RecoveryPointArn"]] = point
    return point


def describe(request: Request) -> Request:
    """A recovery point."""
    return shown(of(request))


def listed(request: Request) -> Request:
    """The recovery points of a vault, the newest first, as far as the filters let through."""
    vaults.of(request["BackupVaultName"])
    found = [
        shown(point)
        for point in reversed(vaults.points_in(request["BackupVaultName"]))
        if request.get("ByResourceArn") in (None, point["ResourceArn"])
        and request.get("ByResourceType") in (None, point["ResourceType"])
        and _after(request.get("ByCreatedAfter")) <= point["CreationDate"]
    ]
    return {"RecoveryPoints": found[: request.get("MaxResults", 1000)]}


def listed_of_resource(request: Request) -> Request:
    """The recovery points of one resource, in every vault of the region."""
    found = [
        shown(point) for point in state.points.values() if point["ResourceArn"] == request["ResourceArn"]
    ]
    return {"RecoveryPoints": sorted(found, key=lambda point: -float(point["CreationDate"]))}


def protected(_: Request) -> Request:
    """Every resource that has a recovery point, with the time of its last one."""
    last: dict[str, dict[str, Any]] = {}
    for point in state.points.values():
        seen = last.get(point["ResourceArn"])
        if seen is None or seen["LastBackupTime"] < point["CreationDate"]:
            last[point["ResourceArn"]] = {
                "ResourceArn": point["ResourceArn"],
                "ResourceType": point["ResourceType"],
                "LastBackupTime": point["CreationDate"],
            }
    return {"Results": list(last.values())}


def restore_metadata(request: Request) -> Request:
    """What a restore of this recovery point would be asked for."""
    point = of(request)
    if point["ResourceType"] == databases.TYPE:
        asked = {"DBInstanceIdentifier": point["ResourceName"]}
    else:
        asked = {"originalTableName": point["Content"]["table"]["TableName"], "encryptionType": "Default"}
    return {
        "BackupVaultArn": point["BackupVaultArn"],
        "RecoveryPointArn": point["RecoveryPointArn"],
        "RestoreMetadata": asked,
    }


def delete(request: Request) -> None:
    """Delete a recovery point, unless the vault's lock keeps it."""
    point = of(request)
    _require_unlocked(point, "deleted")
    del state.points[point["RecoveryPointArn"]]
    databases.forget(point, state.points._data.values())


def update_lifecycle(request: Request) -> Request:
    """Change a recovery point's retention, unless the vault is locked."""
    point = of(request)
    _require_unlocked(point, "changed")
    days = (request.get("Lifecycle") or {}).get("DeleteAfterDays")
    point["Lifecycle"] = request.get("Lifecycle")
    deleted = {"DeleteAt": point["CreationDate"] + int(days) * state.DAY_SECONDS} if days else None
    point["CalculatedLifecycle"] = deleted
    return shown(point)


def expire() -> None:
    """Drop what has outlived its retention, in every account and region."""
    for key, point in list(state.points._data.items()):
        delete_at = (point.get("CalculatedLifecycle") or {}).get("DeleteAt")
        if delete_at and state.now() >= delete_at:
            state.points._data.pop(key, None)
            databases.forget(point, state.points._data.values())


def of(request: Request) -> dict[str, Any]:
    """The recovery point that a request names.

    Raises:
        Refusal: when the vault does not hold it.
    """
    vaults.of(request["BackupVaultName"])
    point = state.found(state.points, request["RecoveryPointArn"], "Recovery point")
    if point["BackupVaultName"] != request["BackupVaultName"]:
        raise Refusal(
            "ResourceNotFoundException", f"{request['BackupVaultName']} holds no such recovery point."
        )
    return point


def shown(point: dict[str, Any]) -> Request:
    """What the API shows of a recovery point."""
    return {key: value for key, value in point.items() if key not in _HIDDEN}


def _require_unlocked(point: dict[str, Any], change: str) -> None:
    vault = vaults.of(point["BackupVaultName"])
    delete_at = (point.get("CalculatedLifecycle") or {}).get("DeleteAt")
    if vault["Locked"] and (delete_at is None or state.now() < delete_at):
        raise Refusal(
            "InvalidRequestException",
            f"Recovery point {point['RecoveryPointArn']} cannot be {change}: vault {vault['BackupVaultName']} "
            "is locked.",
        )


def _after(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, int | float):
        return float(value)
    return dt.datetime.fromisoformat(str(value)).timestamp()
