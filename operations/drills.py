"""A rehearsed restore: back a table up now, restore it beside, compare item by item, take the copy away.

It writes nothing to the table itself. Whoever runs it needs `backup:StartBackupJob`, `StartRestoreJob` and the reading
calls on the vault, `iam:PassRole` on the two recovery roles, `dynamodb:Scan` on the table and all of `-drill`.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.naming import Naming
    from environments import Environment
    from operations.connection import Connection

FIGURES, FIGURE = "DataPlatform", "RestoreDrillSucceeded"
_POLL_SECONDS = 0.2
_LONGEST_SECONDS = 3 * 3600
_ENDED = ("COMPLETED", "FAILED", "ABORTED", "EXPIRED", "PARTIAL")

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Protected:
    """A table in the backup plan, and the roles that copy and restore it.

    Args:
        table: Public name.
        backup_role: ARN of the role that copies.
        restore_role: ARN of the role that restores.
    """

    table: str
    backup_role: str
    restore_role: str


@dataclass(frozen=True, kw_only=True)
class Drill:
    """What one drill measured.

    Args:
        table: The table.
        items: Items in the restored copy.
        different: Items that are in only one of both, or not the same in both.
        recovery_point_seconds: Age of the newest copy that the plan had made before: what a loss would have
            cost (RPO); None before the plan's first copy.
        backup_seconds: How long the copy took.
        restore_seconds: How long it took until the restored table answered (RTO).
    """

    table: str
    items: int
    different: int
    recovery_point_seconds: float | None
    backup_seconds: float
    restore_seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether the restored table held what the table holds."""
        return self.different == 0


def protected(names: Naming, environment: Environment) -> list[Protected]:
    """The tables of a domain that are in the backup plan.

    Example:
        >>> from data_platform.contracts.naming import Naming
        >>> from environments import DEV
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> [each.table for each in protected(names, DEV)]
        ['dp-dev-aviation-run-ledger', 'dp-dev-aviation-access']
    """
    tables = {"ledger": names.run_ledger}
    if environment.access.just_in_time:
        tables["access"] = f"{names.prefix}-access"
    return [
        Protected(
            table=table,
            backup_role=names.role_arn(f"{what}-backup"),
            restore_role=names.role_arn(f"{what}-restore"),
        )
        for what, table in tables.items()
    ]


def drill(
    connection: Connection, names: Naming, one: Protected, *, on_step: Callable[[str], None] = lambda _: None
) -> Drill:
    """Rehearse the restore of one table.

    Args:
        connection: The environment.
        names: Physical names of the domain.
        one: The table.
        on_step: Told what is being done.

    Raises:
        CommandFailed: when a job fails, with AWS's own reason.
    """
    vault = f"{names.platform_prefix}-backups"
    arn, copy = _table_arn(names, one.table), f"{one.table}-drill"
    age = _age_of_newest(connection, vault, arn)
    _remove(connection, copy)  # of a drill that was interrupted
    before = _items(connection, one.table)
    on_step(f"{one.table}: back up")
    point, backup_seconds = _back_up(connection, vault, arn, one.backup_role)
    after = _items(connection, one.table)
    try:
        on_step(f"{one.table}: restore beside")
        restore_seconds = _restore(connection, point, vault, one, copy)
        on_step(f"{one.table}: compare")
        restored = _items(connection, copy)
    finally:
        _remove(connection, copy)
    return Drill(
        table=one.table,
        items=len(restored),
        different=_different(before, after, restored),
        recovery_point_seconds=age,
        backup_seconds=backup_seconds,
        restore_seconds=restore_seconds,
    )


def report(connection: Connection, names: Naming, drills: list[Drill]) -> None:
    """Tell the alarm that waits for drills: one for a domain whose tables could all be restored, else none."""
    dimensions = [
        {"Name": "Environment", "Value": names.environment},
        {"Name": "Domain", "Value": names.domain},
    ]
    value = float(bool(drills) and all(each.succeeded for each in drills))
    connection.client("cloudwatch").put_metric_data(
        Namespace=FIGURES,
        MetricData=[{"MetricName": FIGURE, "Value": value, "Unit": "Count", "Dimensions": dimensions}],
    )


def _back_up(connection: Connection, vault: str, arn: str, role: str) -> tuple[str, float]:
    client, started = connection.client("backup"), time.monotonic()
    days = connection.environment.recovery.daily_days
    job = client.start_backup_job(
        BackupVaultName=vault, ResourceArn=arn, IamRoleArn=role, Lifecycle={"DeleteAfterDays": days}
    )["BackupJobId"]
    ended = _wait(lambda: client.describe_backup_job(BackupJobId=job), "State", f"the backup of {arn}")
    return str(ended["RecoveryPointArn"]), round(time.monotonic() - started, 1)


def _restore(connection: Connection, point: str, vault: str, one: Protected, copy: str) -> float:
    client, started = connection.client("backup"), time.monotonic()
    known = client.get_recovery_point_restore_metadata(BackupVaultName=vault, RecoveryPointArn=point)
    metadata = {**known["RestoreMetadata"], "targetTableName": copy}
    if key := _key_of(connection, one.table):
        metadata |= {"encryptionType": "KMS", "kmsMasterKeyArn": key}
    job = client.start_restore_job(
        RecoveryPointArn=point, IamRoleArn=one.restore_role, ResourceType="DynamoDB", Metadata=metadata
    )["RestoreJobId"]
    _wait(lambda: client.describe_restore_job(RestoreJobId=job), "Status", f"the restore of {one.table}")
    connection.client("dynamodb").get_waiter("table_exists").wait(TableName=copy)
    return round(time.monotonic() - started, 1)


def _wait(read: Callable[[], Item], field: str, what: str) -> Item:
    until = time.monotonic() + _LONGEST_SECONDS
    pause = _POLL_SECONDS
    while time.monotonic() < until:
        job = read()
        if job[field] == "COMPLETED":
            return job
        if job[field] in _ENDED:
            why = job.get("StatusMessage", job[field])
            raise CommandFailed(f"{what} ended {job[field]}: {why}. See docs/runbooks/drill-missing.md.")
        time.sleep(pause)
        pause = min(pause * 1.5, 10.0)
    raise CommandFailed(f"{what} did not end in {_LONGEST_SECONDS // 3600} hours.")


def _age_of_newest(connection: Connection, vault: str, arn: str) -> float | None:
    """Seconds since the plan's newest copy; copies of earlier drills are none of the plan's."""
    pages = connection.client("backup").get_paginator("list_recovery_points_by_backup_vault")
    made = [
        point["CreationDate"]
        for page in pages.paginate(BackupVaultName=vault, ByResourceArn=arn)
        for point in page["RecoveryPoints"]
        if (point.get("CreatedBy") or {}).get("BackupPlanId")
    ]
    return round((datetime.now(tz=UTC) - max(made)).total_seconds(), 1) if made else None


def _items(connection: Connection, table: str) -> dict[str, str]:
    """Every item of a table by its key, both as texts that compare."""
    client = connection.client("dynamodb")
    schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
    keys = [element["AttributeName"] for element in schema]
    pages = client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return {_text({key: item[key] for key in keys}): _text(item) for page in pages for item in page["Items"]}


def _different(before: dict[str, str], after: dict[str, str], restored: dict[str, str]) -> int:
    """Items of the copy that the table had neither before nor after the backup, and items that the copy lacks.

    Example:
        >>> _different({"a": "1"}, {"a": "2", "b": "1"}, {"a": "2"})  # b came while the backup ran
        0
        >>> _different({"a": "1"}, {"a": "1"}, {})
        1
    """
    wrong = {key for key, item in restored.items() if item not in (before.get(key), after.get(key))}
    lost = {key for key in before if key in after and key not in restored}
    return len(wrong | lost)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _key_of(connection: Connection, table: str) -> str | None:
    found = connection.client("dynamodb").describe_table(TableName=table)["Table"].get("SSEDescription") or {}
    return found.get("KMSMasterKeyArn")


def _remove(connection: Connection, copy: str) -> None:
    client = connection.client("dynamodb")
    try:
        client.delete_table(TableName=copy)
    except client.exceptions.ResourceNotFoundException:
        return
    client.get_waiter("table_not_exists").wait(TableName=copy)


def _table_arn(names: Naming, table: str) -> str:
    return f"arn:aws:dynamodb:{names.region}:{names.account}:table/{table}"
