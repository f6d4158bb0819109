"""Jobs: backing up a table, copying a recovery point to another region, restoring one to a new table.

A job is started by a request and ends on a thread of its own; each end is an event and a figure, as on AWS.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import uuid
from typing import TYPE_CHECKING, Any

from local import persistence
from local.services import aws_events, cloudwatch
from local.services.backup import databases, points, rights, state, tables, vaults
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.backup")

Request = dict[str, Any]
_USE_OF_VAULT_KEY = ("GenerateDataKey", "Decrypt")
_USE_OF_TABLE_KEY = ("Decrypt",)
_USE_OF_NEW_TABLE_KEY = ("Decrypt", "Encrypt", "CreateGrant")


def start_backup(request: Request) -> Request:
    """Start to copy a table into a vault."""
    vaults.of(request["BackupVaultName"])
    kind = databases if databases.is_one(request["ResourceArn"]) else tables
    kind.named(request["ResourceArn"])
    job = {
        "BackupJobId": str(uuid.uuid4()),
        "BackupVaultName": request["BackupVaultName"],
        "BackupVaultArn": vaults.of(request["BackupVaultName"])["BackupVaultArn"],
        "ResourceArn": request["ResourceArn"],
        "ResourceType": kind.TYPE,
        "IamRoleArn": request["IamRoleArn"],
        "State": "CREATED",
        "CreationDate": state.now(),
        "CreatedBy": request.get("CreatedBy"),
        "PercentDone": "0.0",
    }
    state.backup_jobs[job["BackupJobId"]] = job
    _run(job, lambda: _back_up(job, request), _backup_ended)
    return {key: job[key] for key in ("BackupJobId", "BackupVaultArn", "CreationDate")}


def _back_up(job: dict[str, Any], request: Request) -> None:
    vault = vaults.of(job["BackupVaultName"])
    vaults.require_within_lock(vault, request.get("Lifecycle"))
    acting = rights.session(job["IamRoleArn"], vault["BackupVaultArn"])
    if job["ResourceType"] == databases.TYPE:
        name, content, size = _copied_database(job, acting, vault)
    else:
        name, content, size = _copied_table(job, acting, vault)
    point = points.add(
        vault,
        content,
        ResourceArn=job["ResourceArn"],
        ResourceType=job["ResourceType"],
        ResourceName=name,
        IamRoleArn=job["IamRoleArn"],
        Lifecycle=request.get("Lifecycle"),
        BackupSizeInBytes=size,
        CreatedBy=request.get("CreatedBy"),
    )
    job |= {
        "State": "COMPLETED",
        "RecoveryPointArn": point["RecoveryPointArn"],
        "BackupSizeInBytes": size,
        "PercentDone": "100.0",
    }
    for action in request.get("CopyActions") or []:
        start_copy(
            {
                "RecoveryPointArn": point["RecoveryPointArn"],
                "SourceBackupVaultName": vault["BackupVaultName"],
                "DestinationBackupVaultArn": action["DestinationBackupVaultArn"],
                "Lifecycle": action.get("Lifecycle"),
                "IamRoleArn": job["IamRoleArn"],
            }
        )


_Copied = tuple[str, dict[str, Any], int]


def _copied_table(job: dict[str, Any], acting: Any, vault: dict[str, Any]) -> _Copied:
    rights.require(acting, "dynamodb:StartAwsBackupJob", job["ResourceArn"])
    rights.require_key(acting, tables.key_of(job["ResourceArn"]), *_USE_OF_TABLE_KEY, via="dynamodb")
    rights.require_key(acting, vault["EncryptionKeyArn"], *_USE_OF_VAULT_KEY, via="backup")
    content = tables.snapshot(job["ResourceArn"])
    return str(content["table"]["TableName"]), content, tables.size_bytes(content)


def _copied_database(job: dict[str, Any], acting: Any, vault: dict[str, Any]) -> _Copied:
    rights.require(acting, "rds:CreateDBSnapshot", job["ResourceArn"])
    rights.require_key(acting, databases.key_of(job["ResourceArn"]), *_USE_OF_TABLE_KEY, via="rds")
    rights.require_key(acting, vault["EncryptionKeyArn"], *_USE_OF_VAULT_KEY, via="backup")
    content = databases.snapshot(job["ResourceArn"])
    return str(content["name"]), content, databases.size_bytes(content)


def start_copy(request: Request) -> Request:
    """Start to copy a recovery point into another vault, also of another region."""
    source = points.of(
        {"BackupVaultName": request["SourceBackupVaultName"], "RecoveryPointArn": request["RecoveryPointArn"]}
    )
    job = {
        "CopyJobId": str(uuid.uuid4()),
        "SourceBackupVaultArn": source["BackupVaultArn"],
        "SourceRecoveryPointArn": source["RecoveryPointArn"],
        "DestinationBackupVaultArn": request["DestinationBackupVaultArn"],
        "ResourceArn": source["ResourceArn"],
        "ResourceType": source["ResourceType"],
        "IamRoleArn": request["IamRoleArn"],
        "State": "CREATED",
        "CreationDate": state.now(),
    }
    state.copy_jobs[job["CopyJobId"]] = job
    _run(job, lambda: _copy(job, source, request.get("Lifecycle")), _copy_ended)
    return {key: job[key] for key in ("CopyJobId", "CreationDate")}


def _copy(job: dict[str, Any], source: dict[str, Any], lifecycle: Any) -> None:
    acting = rights.session(job["IamRoleArn"], source["BackupVaultArn"])
    rights.require_key(acting, source["EncryptionKeyArn"], *_USE_OF_VAULT_KEY, via="backup")
    *_, region, _, _, name = job["DestinationBackupVaultArn"].split(":")
    # A context of its own, in which the other region is the current one.
    contextvars.copy_context().run(_copy_into, job, source, lifecycle, region, name)


def _copy_into(job: dict[str, Any], source: dict[str, Any], lifecycle: Any, region: str, name: str) -> None:
    from ministack.core import responses

    responses.set_request_region(region)
    vault = vaults.of(name)
    vaults.require_within_lock(vault, lifecycle)
    acting = rights.session(job["IamRoleArn"], source["BackupVaultArn"])
    rights.require(acting, "backup:CopyIntoBackupVault", vault["BackupVaultArn"])
    rights.require_key(acting, vault["EncryptionKeyArn"], *_USE_OF_VAULT_KEY, via="backup")
    copied = ("ResourceArn", "ResourceType", "ResourceName", "IamRoleArn", "BackupSizeInBytes")
    point = points.add(
        vault,
        source["Content"],
        **{key: source[key] for key in copied},
        Lifecycle=lifecycle,
        SourceBackupVaultArn=source["BackupVaultArn"],
    )
    job |= {"State": "COMPLETED", "DestinationRecoveryPointArn": point["RecoveryPointArn"]}


def start_restore(request: Request) -> Request:
    """Start to restore a recovery point to a new table."""
    point = state.found(state.points, request["RecoveryPointArn"], "Recovery point")
    job = {
        "RestoreJobId": str(uuid.uuid4()),
        "RecoveryPointArn": point["RecoveryPointArn"],
        "SourceResourceArn": point["ResourceArn"],
        "BackupVaultArn": point["BackupVaultArn"],
        "ResourceType": point["ResourceType"],
        "IamRoleArn": request["IamRoleArn"],
        "Status": "PENDING",
        "CreationDate": state.now(),
        "PercentDone": "0.0",
        "BackupSizeInBytes": point.get("BackupSizeInBytes"),
        "RecoveryPointCreationDate": point["CreationDate"],
    }
    state.restore_jobs[job["RestoreJobId"]] = job
    _run(job, lambda: _restore(job, point, dict(request["Metadata"])), _restore_ended)
    return {"RestoreJobId": job["RestoreJobId"]}


def _restore(job: dict[str, Any], point: dict[str, Any], metadata: dict[str, str]) -> None:
    if job["ResourceType"] == databases.TYPE:
        _restore_database(job, point, metadata)
        return
    name = metadata.get("targetTableName")
    if not name:
        raise Refusal("InvalidParameterValueException", "Metadata must name a targetTableName.")
    acting = rights.session(job["IamRoleArn"], point["BackupVaultArn"])
    target = state.arn("table/", name).replace(":backup:", ":dynamodb:").replace("table/:", "table/")
    rights.require(acting, "dynamodb:RestoreTableFromAwsBackup", target)
    rights.require_key(acting, point["EncryptionKeyArn"], "Decrypt", via="backup")
    key = metadata.get("kmsMasterKeyArn")
    rights.require_key(acting, key, *_USE_OF_NEW_TABLE_KEY, via="dynamodb")
    made = tables.restore(point["Content"], name, key)
    job |= {"Status": "COMPLETED", "CreatedResourceArn": made, "PercentDone": "100.0"}


def _restore_database(job: dict[str, Any], point: dict[str, Any], metadata: dict[str, str]) -> None:
    name = metadata.get("DBInstanceIdentifier")
    if not name:
        raise Refusal("InvalidParameterValueException", "Metadata must name a DBInstanceIdentifier.")
    acting = rights.session(job["IamRoleArn"], point["BackupVaultArn"])
    arn = f"{point['ResourceArn'].rsplit(':', 1)[0]}:{name}"
    rights.require(acting, "rds:RestoreDBInstanceFromDBSnapshot", arn)
    rights.require_key(acting, point["EncryptionKeyArn"], "Decrypt", via="backup")
    made = databases.restore(point["Content"], metadata)
    job |= {"Status": "COMPLETED", "CreatedResourceArn": made, "PercentDone": "100.0"}


def _run(job: dict[str, Any], work: Callable[[], None], ended: Callable[[dict[str, Any]], None]) -> None:
    """Do the work on a thread of its own; what refuses it becomes the job's message."""
    field = "Status" if "Status" in job else "State"

    def run() -> None:
        job[field] = "RUNNING"
        try:
            work()
        except Refusal as refusal:
            job.update({field: "FAILED", "StatusMessage": f"{refusal.code}: {refusal.message}"})
        except Exception as error:
            logger.exception("A job of AWS Backup failed")
            job.update({field: "FAILED", "StatusMessage": str(error)})
        job["CompletionDate"] = state.now()
        persistence.touch()
        ended(job)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True, name="backup-job").start()


def _backup_ended(job: dict[str, Any]) -> None:
    _count(
        "BackupJobs", job["State"], BackupVaultName=job["BackupVaultName"], ResourceType=job["ResourceType"]
    )
    detail = {
        "backupJobId": job["BackupJobId"],
        "state": job["State"],
        "backupVaultName": job["BackupVaultName"],
    }
    _tell("Backup Job State Change", job, detail, job.get("RecoveryPointArn") or job["ResourceArn"])


def _copy_ended(job: dict[str, Any]) -> None:
    vault = job["DestinationBackupVaultArn"].rsplit(":", 1)[-1]
    _count("CopyJobs", job["State"], BackupVaultName=vault, ResourceType=job["ResourceType"])
    detail = {
        "copyJobId": job["CopyJobId"],
        "state": job["State"],
        "sourceBackupVaultArn": job["SourceBackupVaultArn"],
        "destinationBackupVaultArn": job["DestinationBackupVaultArn"],
    }
    _tell("Copy Job State Change", job, detail, job["SourceRecoveryPointArn"])


def _restore_ended(job: dict[str, Any]) -> None:
    _count("RestoreJobs", job["Status"], ResourceType=job["ResourceType"])
    detail = {"restoreJobId": job["RestoreJobId"], "status": job["Status"]}
    _tell("Restore Job State Change", job, detail, job["RecoveryPointArn"])


def _tell(kind: str, job: dict[str, Any], detail: dict[str, Any], resource: str) -> None:
    known = {
        "resourceType": job["ResourceType"],
        "iamRoleArn": job["IamRoleArn"],
        "resourceArn": job.get("ResourceArn") or job.get("SourceResourceArn"),
        "statusMessage": job.get("StatusMessage"),
    }
    aws_events.emit("aws.backup", kind, {**detail, **known}, resources=[resource])


def _count(kind: str, ended: str, **dimensions: str) -> None:
    metric = f"NumberOf{kind}{ended.title()}"
    for name, value in dimensions.items():
        cloudwatch.record("AWS/Backup", metric, 1, unit="Count", dimensions={name: value})
