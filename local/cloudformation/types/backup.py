"""AWS::Backup types: vaults with policy and lock, plans, selections; through the API that a client uses."""

from __future__ import annotations

import json
from typing import Any

from local.cloudformation.registry import register

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
_LOCK = ("MinRetentionDays", "MaxRetentionDays", "ChangeableForDays")
_WHOLE = ("DeleteAfterDays", "MoveToColdStorageAfterDays", "StartWindowMinutes", "CompletionWindowMinutes")


def install() -> None:
    """Register the types."""
    register("AWS::Backup::BackupVault", create=_create_vault, update=_update_vault, delete=_delete_vault)
    register("AWS::Backup::BackupPlan", create=_create_plan, update=_update_plan, delete=_delete_plan)
    register("AWS::Backup::BackupSelection", create=_select, update=_select_again, delete=_unselect)


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "backup")


def _create_vault(_: str, props: Properties, __: str) -> Made:
    client, name = _client(), props["BackupVaultName"]
    given = {"EncryptionKeyArn": props["EncryptionKeyArn"]} if props.get("EncryptionKeyArn") else {}
    tags = props.get("BackupVaultTags") or {}
    made = client.create_backup_vault(BackupVaultName=name, BackupVaultTags=tags, **given)
    _guard_vault(name, props, {})
    return name, {"BackupVaultArn": made["BackupVaultArn"], "BackupVaultName": name}


def _update_vault(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    replaced = ("BackupVaultName", "EncryptionKeyArn")
    if any(old.get(field) != new.get(field) for field in replaced):
        return _create_vault(physical_id, new, stack_name)
    _guard_vault(physical_id, new, old)
    arn = _client().describe_backup_vault(BackupVaultName=physical_id)["BackupVaultArn"]
    return physical_id, {"BackupVaultArn": arn, "BackupVaultName": physical_id}


def _guard_vault(name: str, new: Properties, old: Properties) -> None:
    """Set the vault's policy and its lock; take away what the template no longer has."""
    client = _client()
    if new.get("AccessPolicy"):
        client.put_backup_vault_access_policy(BackupVaultName=name, Policy=json.dumps(new["AccessPolicy"]))
    elif old.get("AccessPolicy"):
        client.delete_backup_vault_access_policy(BackupVaultName=name)
    lock = new.get("LockConfiguration")
    if lock and lock != old.get("LockConfiguration"):
        given = {field: int(lock[field]) for field in _LOCK if lock.get(field) is not None}
        client.put_backup_vault_lock_configuration(BackupVaultName=name, **given)
    elif not lock and old.get("LockConfiguration"):
        client.delete_backup_vault_lock_configuration(BackupVaultName=name)


def _delete_vault(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_backup_vault(BackupVaultName=physical_id)
    except client.exceptions.ResourceNotFoundException:
        return


def _create_plan(_: str, props: Properties, __: str) -> Made:
    made = _client().create_backup_plan(
        BackupPlan=_plan(props["BackupPlan"]), BackupPlanTags=props.get("BackupPlanTags") or {}
    )
    return made["BackupPlanId"], _attributes(made)


def _update_plan(physical_id: str, _: Properties, new: Properties, __: str) -> Made:
    made = _client().update_backup_plan(BackupPlanId=physical_id, BackupPlan=_plan(new["BackupPlan"]))
    return physical_id, _attributes(made)


def _delete_plan(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_backup_plan(BackupPlanId=physical_id)
    except client.exceptions.ResourceNotFoundException:
        return


def _attributes(made: dict[str, Any]) -> dict[str, Any]:
    return {key: made[key] for key in ("BackupPlanId", "BackupPlanArn", "VersionId")}


def _plan(given: Properties) -> Properties:
    """A plan as the API spells it: rules instead of BackupPlanRule, and the vault's name under another key."""
    rules = [
        {
            ("TargetBackupVaultName" if key == "TargetBackupVault" else key): value
            for key, value in rule.items()
        }
        for rule in _whole(given["BackupPlanRule"])
    ]
    return {"BackupPlanName": given["BackupPlanName"], "Rules": rules}


def _whole(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: int(item) if key in _WHOLE else _whole(item) for key, item in value.items()}


def _select(_: str, props: Properties, __: str) -> Made:
    made = _client().create_backup_selection(
        BackupPlanId=props["BackupPlanId"], BackupSelection=props["BackupSelection"]
    )
    physical_id = f"{made['SelectionId']}_{made['BackupPlanId']}"
    attributes = {key: made[key] for key in ("SelectionId", "BackupPlanId")}
    return physical_id, {**attributes, "Id": physical_id}


def _select_again(_: str, __: Properties, new: Properties, stack_name: str) -> Made:
    """Every change of a selection replaces it."""
    return _select("", new, stack_name)


def _unselect(physical_id: str, _: Properties) -> None:
    client = _client()
    selection, plan = physical_id.split("_", 1)
    try:
        client.delete_backup_selection(SelectionId=selection, BackupPlanId=plan)
    except client.exceptions.ResourceNotFoundException:
        return
