"""AWS Backup copies a database into its vault, also into the other region's, and restores it as a new instance."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.unit.local.rds.conftest import ALLOW_ALL, Shop
from tests.waiting import until


def _ended(read, field):
    job = until(lambda: (found := read())[field] in ("COMPLETED", "FAILED") and found)
    assert job[field] == "COMPLETED", job
    return job


@pytest.fixture(scope="module")
def vault(secured_aws):
    name = f"vault-{uuid.uuid4().hex[:6]}"
    secured_aws.client("backup").create_backup_vault(BackupVaultName=name)
    return name


def _backed_up(shop, vault, role):
    backup = shop.aws.client("backup")
    job = backup.start_backup_job(
        BackupVaultName=vault, ResourceArn=shop.record["DBInstanceArn"], IamRoleArn=role
    )["BackupJobId"]
    return _ended(lambda: backup.describe_backup_job(BackupJobId=job), "State")["RecoveryPointArn"]


def test_a_restored_database_has_the_rows_of_the_moment_of_the_backup(shop, vault):
    backup = shop.aws.client("backup")
    role = shop.aws.role(ALLOW_ALL, service="backup.amazonaws.com")
    shop.rows("CREATE TABLE backed AS SELECT 1 AS one")
    point = _backed_up(shop, vault, role)
    shop.rows("DROP TABLE backed")
    asked = backup.get_recovery_point_restore_metadata(BackupVaultName=vault, RecoveryPointArn=point)
    assert asked["RestoreMetadata"]["DBInstanceIdentifier"] == shop.name
    name = f"{shop.name}-back"
    groups = [one["VpcSecurityGroupId"] for one in shop.record["VpcSecurityGroups"]]
    job = backup.start_restore_job(
        RecoveryPointArn=point,
        IamRoleArn=role,
        Metadata={
            "DBInstanceIdentifier": name,
            "VpcSecurityGroupIds": json.dumps(groups),
            "PubliclyAccessible": "true",
        },
        ResourceType="RDS",
    )["RestoreJobId"]
    _ended(lambda: backup.describe_restore_job(RestoreJobId=job), "Status")
    back = Shop(shop.aws, shop.stack, name)
    back.becomes("available")
    secret = shop.secret
    rows = back.rows("SELECT one FROM backed", user=secret["username"], password=secret["password"])
    assert rows == [(1,)]
    shop.aws.client("rds").delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)


def test_a_role_that_may_not_make_snapshots_copies_nothing(shop, vault):
    backup = shop.aws.client("backup")
    role = shop.aws.role(
        {"Effect": "Allow", "Action": "rds:DescribeDBInstances", "Resource": "*"},
        service="backup.amazonaws.com",
    )
    job = backup.start_backup_job(
        BackupVaultName=vault, ResourceArn=shop.record["DBInstanceArn"], IamRoleArn=role
    )["BackupJobId"]
    read = lambda: backup.describe_backup_job(BackupJobId=job)  # noqa: E731
    found = until(lambda: read()["State"] == "FAILED" and read())
    assert "rds:CreateDBSnapshot" in found["StatusMessage"]
