"""Snapshots are real copies of an instance's data, taken while it runs; restoring makes a new instance of one."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING, Any

from local import hooks, persistence
from local.engines import postgres
from local.services.rds import copies, engines, folders, instances, master_secret, requests

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = dict[str, Any]
_KEPT = ("DBInstanceClass", "DBName", "Engine", "EngineVersion", "_ConfiguredPort")


def install() -> None:
    """Wrap what makes, removes and restores snapshots, and the deletion that takes a last one."""
    from ministack.services import rds

    old_make = hooks.replace(rds, "_create_snapshot_internal", None, parameters="snap_id instance")

    def make(snap_id: str, instance: dict[str, Any]) -> dict[str, Any]:
        snapshot: dict[str, Any] = old_make(snap_id, instance)
        if engines.is_ours(instance):
            _copy(snapshot, instance)
        return snapshot

    rds._create_snapshot_internal = make
    for action, name, wrap in (
        ("CreateDBSnapshot", "_create_db_snapshot", _snapshooting),
        ("DeleteDBSnapshot", "_delete_db_snapshot", _forgetting),
        ("RestoreDBInstanceFromDBSnapshot", "_restore_from_snapshot", _restoring),
        ("DeleteDBInstance", "_delete_db_instance", _deleting),
    ):
        wrapped = wrap(hooks.replace(rds, name, None, parameters="p"))
        setattr(rds, name, wrapped)
        rds._ACTION_MAP[action] = wrapped


def _copy(snapshot: dict[str, Any], instance: dict[str, Any]) -> None:
    snapshot |= {name: instance.get(name) for name in _KEPT}
    snapshot["_Copy"] = uuid.uuid4().hex
    target = folders.of_snapshot(snapshot)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    running = instances.find(instance)
    if running is None:
        shutil.copytree(folders.of_instance(instance), target, symlinks=True, ignore=copies.not_data)
    elif isinstance(running.server, postgres.Server):
        copies.of_running_postgres(running.server, target)
    else:
        copies.of_running_mariadb(running.server, target)


def _snapshooting(old: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
    def create(p: Parameters) -> Any:
        from ministack.services import rds

        record = rds._resolve_instance(rds._p(p, "DBInstanceIdentifier"))
        if record is not None and engines.is_ours(record):
            status = record["DBInstanceStatus"]
            if status not in ("available", "stopped"):
                name = record["DBInstanceIdentifier"]
                return requests.refused("InvalidDBInstanceState", f"Cannot snapshot {name}: it is {status}.")
        return old(p)

    return create


def _forgetting(old: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
    def delete(p: Parameters) -> Any:
        from ministack.services import rds

        snapshot = rds._snapshots.get(rds._p(p, "DBSnapshotIdentifier"))
        made = old(p)
        if snapshot and snapshot.get("_Copy"):
            persistence.checkpoint()
            shutil.rmtree(folders.of_snapshot(snapshot), ignore_errors=True)
        return made

    return delete


def _deleting(old: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
    def delete(p: Parameters) -> Any:
        from ministack.services import rds

        record = rds._resolve_instance(rds._p(p, "DBInstanceIdentifier"))
        if record is None or not engines.is_ours(record) or record.get("DeletionProtection"):
            return old(p)
        skipped, name = rds._p(p, "SkipFinalSnapshot") == "true", rds._p(p, "FinalDBSnapshotIdentifier")
        if skipped == bool(name):
            return requests.refused(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified, and refused with it.",
            )
        if name and name in rds._snapshots:
            return requests.refused("DBSnapshotAlreadyExists", f"Snapshot {name} already exists.")
        made = old(p)
        if made[0] < 300:  # noqa: PLR2004 - HTTP's errors
            master_secret.delete(record)
            instances.remove(record)
        return made

    return delete


def _restoring(old: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
    def restore(p: Parameters) -> Any:
        from ministack.services import rds

        snapshot = rds._snapshots.get(rds._p(p, "DBSnapshotIdentifier"))
        if snapshot is None or not snapshot.get("_Copy"):
            return old(p)
        made = old(p)
        if made[0] >= 300:  # noqa: PLR2004 - HTTP's errors
            return made
        record = rds._instances[rds._p(p, "DBInstanceIdentifier")]
        _describe(record, snapshot, p)
        record["DBInstanceStatus"] = "creating"
        said = requests.answer("RestoreDBInstanceFromDBSnapshot", record)
        instances.in_background(lambda found: _bring_back(found, snapshot), record)
        return said

    return restore


def _describe(record: dict[str, Any], snapshot: dict[str, Any], p: Parameters) -> None:
    """The new instance: what the request says, else as the snapshot's instance was."""
    from ministack.services import rds

    record["Endpoint"]["Port"] = int(rds._p(p, "Port") or snapshot["_ConfiguredPort"])
    record["KmsKeyId"] = snapshot.get("KmsKeyId", "")
    record["StorageEncrypted"] = bool(snapshot.get("StorageEncrypted"))
    record["IAMDatabaseAuthenticationEnabled"] = (
        rds._p(p, "EnableIAMDatabaseAuthentication") == "true"
        if rds._p(p, "EnableIAMDatabaseAuthentication")
        else bool(snapshot.get("IAMDatabaseAuthenticationEnabled"))
    )
    record["DeletionProtection"] = rds._p(p, "DeletionProtection") == "true"
    record["VpcSecurityGroups"] = [
        {"VpcSecurityGroupId": one, "Status": "active"}
        for one in rds._parse_member_list(p, "VpcSecurityGroupIds")
    ]
    group = rds._p(p, "DBParameterGroupName")
    if group:
        record["DBParameterGroups"] = [{"DBParameterGroupName": group, "ParameterApplyStatus": "in-sync"}]
    if rds._p(p, "DBSubnetGroupName") in rds._subnet_groups:
        record["DBSubnetGroup"] = rds._subnet_groups[rds._p(p, "DBSubnetGroupName")]
    name = rds._p(p, "DBName")
    requests.complete(record, p)
    record["DBName"] = name or snapshot["DBName"]


def _bring_back(record: dict[str, Any], snapshot: dict[str, Any]) -> None:
    target = folders.of_instance(record)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copytree(folders.of_snapshot(snapshot), target, symlinks=True)
    wanted = record.get("_MasterUserPassword")
    if not (target / copies.DUMP).exists():
        instances.create(record)
        return

    def load(server: engines.Server) -> None:
        copies.load_into_mariadb(server)
        if wanted:
            engines.set_password(record, server, wanted)

    # Until the dump brings the users, the empty engine has some of its own.
    record["_MasterUserPassword"] = wanted or master_secret.new_password()
    instances.create(record, load)
