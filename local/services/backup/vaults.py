"""Vaults: their key, their policy and their lock, which nobody weakens once it has closed."""

from __future__ import annotations

import json
import re
from typing import Any

from local.services.backup import state
from local.services.refusal import Refusal

Request = dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9_-]{2,50}")
_LEAST_GRACE_DAYS = 3
_SHOWN = (
    "BackupVaultName",
    "BackupVaultArn",
    "EncryptionKeyArn",
    "CreationDate",
    "CreatorRequestId",
    "NumberOfRecoveryPoints",
    "Locked",
    "MinRetentionDays",
    "MaxRetentionDays",
    "LockDate",
)


def create(request: Request) -> Request:
    """Make a vault; its key must exist."""
    name = request["BackupVaultName"]
    if not _NAME.fullmatch(name):
        raise Refusal(
            "InvalidParameterValueException",
            f"Backup vault name {name!r} must be 2 to 50 letters, digits, hyphens and underscores.",
        )
    if name in state.vaults:
        raise Refusal("AlreadyExistsException", f"Backup vault with the same name already exists: {name}")
    vault = {
        "BackupVaultName": name,
        "BackupVaultArn": state.arn("backup-vault", name),
        "EncryptionKeyArn": _key(request.get("EncryptionKeyArn")),
        "CreationDate": state.now(),
        "CreatorRequestId": request.get("CreatorRequestId"),
        "Tags": dict(request.get("BackupVaultTags") or {}),
        "Policy": None,
        "Locked": False,
    }
    state.vaults[name] = vault
    return shown(vault)


def describe(request: Request) -> Request:
    """A vault as DescribeBackupVault shows it."""
    return shown(of(request["BackupVaultName"]))


def listed(_: Request) -> Request:
    """All vaults."""
    return {"BackupVaultList": [shown(vault) for vault in state.vaults.values()]}


def delete(request: Request) -> None:
    """Delete an empty vault."""
    name = request["BackupVaultName"]
    of(name)
    if points_in(name):
        raise Refusal(
            "InvalidRequestException",
            f"Backup vault {name} cannot be deleted because it contains recovery points.",
        )
    del state.vaults[name]


def put_policy(request: Request) -> None:
    """Set the vault's access policy."""
    from ministack.core.iam_evaluator import validate_policy_document

    try:
        problem = validate_policy_document(json.loads(request["Policy"]))
    except json.JSONDecodeError as error:
        problem = str(error)
    if problem:
        raise Refusal("InvalidParameterValueException", f"Policy: {problem}")
    of(request["BackupVaultName"])["Policy"] = request["Policy"]


def get_policy(request: Request) -> Request:
    """The vault's access policy."""
    vault = of(request["BackupVaultName"])
    if not vault["Policy"]:
        raise Refusal("ResourceNotFoundException", f"Vault {vault['BackupVaultName']} has no access policy.")
    return {key: vault[key] for key in ("BackupVaultName", "BackupVaultArn", "Policy")}


def delete_policy(request: Request) -> None:
    """Take the vault's access policy away."""
    of(request["BackupVaultName"])["Policy"] = None


def lock(request: Request) -> None:
    """Lock the vault: with ChangeableForDays for ever once they are over, else until the lock is taken away."""
    vault = of(request["BackupVaultName"])
    require_changeable(vault)
    least, most = request.get("MinRetentionDays"), request.get("MaxRetentionDays")
    if least and most and int(most) < int(least):
        raise Refusal("InvalidParameterValueException", "MaxRetentionDays is less than MinRetentionDays.")
    grace = request.get("ChangeableForDays")
    if grace is not None and int(grace) < _LEAST_GRACE_DAYS:
        raise Refusal("InvalidParameterValueException", f"ChangeableForDays is at least {_LEAST_GRACE_DAYS}.")
    vault |= {
        "Locked": True,
        "MinRetentionDays": int(least) if least else None,
        "MaxRetentionDays": int(most) if most else None,
        "LockDate": None if grace is None else state.now() + int(grace) * state.DAY_SECONDS,
    }


def unlock(request: Request) -> None:
    """Take the lock away, unless it has closed."""
    vault = of(request["BackupVaultName"])
    require_changeable(vault)
    vault |= {"Locked": False, "MinRetentionDays": None, "MaxRetentionDays": None, "LockDate": None}


def require_changeable(vault: dict[str, Any]) -> None:
    """Refuse a change of a lock in compliance mode whose grace time is over."""
    if vault.get("LockDate") and state.now() >= vault["LockDate"]:
        raise Refusal(
            "InvalidRequestException",
            f"The lock of vault {vault['BackupVaultName']} is in compliance mode and cannot be changed.",
        )


def require_within_lock(vault: dict[str, Any], lifecycle: dict[str, Any] | None) -> None:
    """Refuse a retention that the vault's lock does not allow."""
    if not vault["Locked"]:
        return
    days = int((lifecycle or {}).get("DeleteAfterDays") or 0)
    least, most = vault.get("MinRetentionDays"), vault.get("MaxRetentionDays")
    if (least and days and days < least) or (most and (not days or days > most)):
        raise Refusal(
            "InvalidParameterValueException",
            f"Retention of {days or 'unlimited'} days is not allowed: the lock of vault "
            f"{vault['BackupVaultName']} asks for {least or 0} to {most or 'unlimited'} days.",
        )


def of(name: str) -> dict[str, Any]:
    """The vault of that name.

    Raises:
        Refusal: when there is none.
    """
    return state.found(state.vaults, name, "Backup vault")


def points_in(name: str) -> list[dict[str, Any]]:
    """The recovery points of a vault, oldest first."""
    found = [point for point in state.points.values() if point["BackupVaultName"] == name]
    return sorted(found, key=lambda point: float(point["CreationDate"]))


def shown(vault: dict[str, Any]) -> Request:
    """What the API shows of a vault."""
    counted = {**vault, "NumberOfRecoveryPoints": len(points_in(vault["BackupVaultName"]))}
    return {key: counted.get(key) for key in _SHOWN}


def policy_of(arn: str) -> tuple[str | None, str | None]:
    """The access policy that protects a vault or a recovery point, and its account, for IAM's decisions."""
    point = state.points.get(arn)
    name = point["BackupVaultName"] if point else arn.rsplit(":", 1)[-1]
    vault = state.vaults.get(name)
    return (vault["Policy"] if vault else None), arn.split(":")[4]


def _key(arn: str | None) -> str:
    from ministack.services import kms

    if not arn:
        return state.arn("key", "aws/backup").replace(":backup:", ":kms:").replace("key:", "alias/")
    record = kms._resolve_key(arn)
    if record is None:
        raise Refusal("InvalidParameterValueException", f"The key {arn} does not exist.")
    return str(record["Arn"])
