"""Mounts AWS Backup into ministack, in the place of its own, which copies nothing."""

from __future__ import annotations

import re
from typing import Any

from local import persistence
from local.services import rest_json
from local.services.backup import jobs, plans, points, state, vaults

NAME = "backup"
_VAULT = re.compile(r"/backup-vaults/(?P<vault>[\w-]+)")
_POINT = re.compile(r"arn:aws:backup:[\w-]+:\d{12}:recovery-point:[\w-]+")
_PLAN = re.compile(r"/backup/plans/(?P<plan>[\w-]+)")
_SETTINGS = {
    # With this, AWS Backup encrypts copies of tables with the vault's key and takes them to other regions.
    "ResourceTypeOptInPreference": {"DynamoDB": True},
    "ResourceTypeManagementPreference": {"DynamoDB": True},
}


def _job(store: Any, key: str) -> Any:
    return lambda request: state.found(store, request[key], "Job")


def _jobs(store: Any, answer: str) -> Any:
    return lambda _: {answer: sorted(store.values(), key=lambda job: -float(job["CreationDate"]))}


def _tags(request: dict[str, Any]) -> dict[str, Any]:
    arn = request["ResourceArn"]
    for store in (state.vaults, state.plans):
        for entry in store.values():
            if arn in (entry.get("BackupVaultArn"), entry.get("BackupPlanArn")):
                return {"Tags": entry["Tags"]}
    return {"Tags": {}}


OPERATIONS: dict[str, Any] = {
    "CreateBackupPlan": plans.create,
    "CreateBackupSelection": plans.select,
    "CreateBackupVault": vaults.create,
    "DeleteBackupPlan": plans.delete,
    "DeleteBackupSelection": plans.unselect,
    "DeleteBackupVault": vaults.delete,
    "DeleteBackupVaultAccessPolicy": vaults.delete_policy,
    "DeleteBackupVaultLockConfiguration": vaults.unlock,
    "DeleteRecoveryPoint": points.delete,
    "DescribeBackupJob": _job(state.backup_jobs, "BackupJobId"),
    "DescribeBackupVault": vaults.describe,
    "DescribeCopyJob": lambda request: {"CopyJob": _job(state.copy_jobs, "CopyJobId")(request)},
    "DescribeRecoveryPoint": points.describe,
    "DescribeRegionSettings": lambda _: _SETTINGS,
    "DescribeRestoreJob": _job(state.restore_jobs, "RestoreJobId"),
    "GetBackupPlan": plans.get,
    "GetBackupSelection": plans.get_selection,
    "GetBackupVaultAccessPolicy": vaults.get_policy,
    "GetRecoveryPointRestoreMetadata": points.restore_metadata,
    "ListBackupJobs": _jobs(state.backup_jobs, "BackupJobs"),
    "ListBackupPlans": plans.listed,
    "ListBackupSelections": plans.selections,
    "ListBackupVaults": vaults.listed,
    "ListCopyJobs": _jobs(state.copy_jobs, "CopyJobs"),
    "ListProtectedResources": points.protected,
    "ListRecoveryPointsByBackupVault": points.listed,
    "ListRecoveryPointsByResource": points.listed_of_resource,
    "ListRestoreJobs": _jobs(state.restore_jobs, "RestoreJobs"),
    "ListTags": _tags,
    "PutBackupVaultAccessPolicy": vaults.put_policy,
    "PutBackupVaultLockConfiguration": vaults.lock,
    "StartBackupJob": jobs.start_backup,
    "StartCopyJob": jobs.start_copy,
    "StartRestoreJob": jobs.start_restore,
    "UpdateBackupPlan": plans.update,
    "UpdateRecoveryPointLifecycle": points.update_lifecycle,
}


def install() -> None:
    """Add the service: routing, IAM with the vaults' own policies, persistence, the clock of plans."""
    from ministack.core import iam_evaluator
    from ministack.services import backup

    rest_json.mount(NAME, OPERATIONS, resource=resource)
    persistence.register("aws-backup", state.save, state.load)
    backup.vault_policy_for_arn = vaults.policy_of
    iam_evaluator._RESOURCE_POLICY_LOOKUPS[NAME] = (NAME, "vault_policy_for_arn")
    plans.start_clock()


def resource(path: str) -> str | None:
    """The ARN that a request's path names: a recovery point before its vault, else a plan.

    Example:
        >>> resource("/backup-vaults/dp/recovery-points/arn:aws:backup:r:000000000000:recovery-point:a")
        'arn:aws:backup:r:000000000000:recovery-point:a'
    """
    if point := _POINT.search(path):
        return point[0]
    if vault := _VAULT.match(path):
        return state.arn("backup-vault", vault["vault"])
    plan = _PLAN.match(path)
    return state.arn("backup-plan", plan["plan"]) if plan else None
