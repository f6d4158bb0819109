"""The restore drill of docs/runbooks/database-restore.md, step by step: beside the database, with its rows, then gone."""

from __future__ import annotations

from tests.unit.local.rds.conftest import Shop


def test_the_drill_restores_beside_under_a_secret_of_its_own(shop):
    rds = shop.aws.client("rds")
    shop.rows("CREATE TABLE drilled AS SELECT generate_series(1, 100) AS n")
    rds.create_db_snapshot(DBInstanceIdentifier=shop.name, DBSnapshotIdentifier=f"{shop.name}-now")
    shop.rows("INSERT INTO drilled VALUES (101)")  # after the snapshot
    source = shop.record
    rds.restore_db_instance_from_db_snapshot(
        DBSnapshotIdentifier=f"{shop.name}-now",
        DBInstanceIdentifier=f"{shop.name}-drill",
        DBSubnetGroupName=source["DBSubnetGroup"]["DBSubnetGroupName"],
        VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in source["VpcSecurityGroups"]],
        DBParameterGroupName=source["DBParameterGroups"][0]["DBParameterGroupName"],
        EnableIAMDatabaseAuthentication=True,
        ManageMasterUserPassword=True,
        PubliclyAccessible=True,  # unlike the runbook: the test itself looks into it
        MultiAZ=False,
    )
    drill = Shop(shop.aws, shop.stack, f"{shop.name}-drill")
    drill.becomes("available")

    assert drill.rows("SELECT count(*), max(n) FROM drilled") == [(100, 100)]
    assert shop.rows("SELECT count(*) FROM drilled") == [(101,)]
    assert drill.record["MasterUserSecret"]["SecretArn"] != source["MasterUserSecret"]["SecretArn"]
    assert drill.record["DbiResourceId"] != source["DbiResourceId"]

    rds.delete_db_instance(
        DBInstanceIdentifier=drill.name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
    )
    left = [each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]]
    assert drill.name not in left or drill.record["DBInstanceStatus"] == "deleting"
    assert shop.rows("SELECT count(*) FROM drilled") == [(101,)]
