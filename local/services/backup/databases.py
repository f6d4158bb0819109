"""DB instances as AWS Backup copies them: a real snapshot of RDS, held by the recovery point alone."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPE = "RDS"
_OK_BELOW = 300
_WAIT_SECONDS = 300
_POLL_SECONDS = 0.1


def is_one(arn: str) -> bool:
    """Whether an ARN names a DB instance.

    Example:
        >>> is_one("arn:aws:rds:r:a:db:shop"), is_one("arn:aws:dynamodb:r:a:table/t")
        (True, False)
    """
    return arn.split(":")[2:3] == ["rds"] and arn.split(":")[5:6] == ["db"]


def named(arn: str) -> dict[str, Any]:
    """The live instance of an ARN.

    Raises:
        Refusal: when there is none, or no engine runs for it here.
    """
    from ministack.services import rds

    from local.services.rds import engines

    name = arn.rsplit(":", 1)[-1]
    instance: dict[str, Any] | None = rds._instances.get(name)
    if instance is None or not engines.is_ours(instance):
        raise Refusal("ResourceNotFoundException", f"DB instance {name} does not exist.")
    return instance


def snapshot(arn: str) -> dict[str, Any]:
    """Copy the data of an instance while it runs."""
    from ministack.services import rds

    name = f"awsbackup:job-{arn.rsplit(':', 1)[-1]}"
    made = rds._create_snapshot_internal(name, named(arn))
    rds._snapshots.pop(name, None)  # the point holds it; it is none of the snapshots that users make
    return {"snapshot": made, "name": made["DBInstanceIdentifier"]}


def size_bytes(content: dict[str, Any]) -> int:
    """Bytes of a copy."""
    from local.services.rds import folders, metrics

    return metrics.size_of(folders.of_snapshot(content["snapshot"]))


def key_of(arn: str) -> str | None:
    """The customer key that encrypts an instance."""
    return str(named(arn).get("KmsKeyId") or "") or None


def restore(content: dict[str, Any], metadata: dict[str, str]) -> str:
    """Make a new instance of a copy and return its ARN.

    Args:
        content: What `snapshot` gave.
        metadata: As RestoreDBInstanceFromDBSnapshot's parameters: DBInstanceIdentifier, VpcSecurityGroupIds ...

    Raises:
        Refusal: when an instance of that name exists, RDS refuses, or the engine does not start.
    """
    from ministack.services import rds

    kept = dict(content["snapshot"])
    request: dict[str, Any] = {**metadata, "DBSnapshotIdentifier": kept["DBSnapshotIdentifier"]}
    for index, group in enumerate(_listed(request.pop("VpcSecurityGroupIds", "")), 1):
        request[f"VpcSecurityGroupIds.VpcSecurityGroupId.{index}"] = group
    rds._snapshots[kept["DBSnapshotIdentifier"]] = kept
    try:
        status, _, body = rds._restore_from_snapshot(request)
    finally:
        rds._snapshots.pop(kept["DBSnapshotIdentifier"], None)
    if status >= _OK_BELOW:
        raise Refusal("InvalidParameterValueException", f"RDS refuses the restore: {body!r}")
    return _available(rds._instances[metadata["DBInstanceIdentifier"]])


def _available(instance: dict[str, Any]) -> str:
    deadline = time.monotonic() + _WAIT_SECONDS
    while instance["DBInstanceStatus"] == "creating" and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if instance["DBInstanceStatus"] != "available":
        reason = instance.get("_Failure", "it did not get ready in time")
        raise Refusal("InvalidRequestException", f"{instance['DBInstanceIdentifier']}: {reason}")
    return str(instance["DBInstanceArn"])


def _listed(text: str) -> list[str]:
    return [one.strip(' "') for one in text.strip("[]").split(",") if one.strip(' "')]


def forget(gone: dict[str, Any], left: Iterable[dict[str, Any]]) -> None:
    """Remove the data of a deleted point, unless a copy of it in another vault still needs them."""
    from local.services.rds import folders

    made = gone["Content"].get("snapshot")
    others = [(one["Content"].get("snapshot") or {}).get("_Copy") for one in left]
    if made and made["_Copy"] not in others:
        shutil.rmtree(folders.of_snapshot(made), ignore_errors=True)
