"""The restore drill: it proves a backup, finds one that does not come back whole, and leaves nothing behind."""

from __future__ import annotations

import uuid

import boto3
import pytest

from data_platform.contracts.naming import Naming
from environments import LOCAL
from operations import drills
from operations.connection import Connection
from operations.exit_codes import CommandFailed

ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture
def connection(aws):
    session = boto3.Session(
        aws_access_key_id=aws.endpoint.account, aws_secret_access_key="x", region_name=aws.endpoint.region
    )
    return Connection(
        environment=LOCAL, session=session, endpoint=aws.endpoint.endpoint, verify=aws.endpoint.ca
    )


@pytest.fixture
def names():
    return Naming(
        organisation="dp", environment=f"t{uuid.uuid4().hex[:4]}", domain="aviation", account="000000000000"
    )


@pytest.fixture
def ledger(aws, names):
    """A table with three items, and the vault of its environment."""
    aws.client("backup").create_backup_vault(BackupVaultName=f"{names.platform_prefix}-backups")
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=names.run_ledger,
        KeySchema=[{"AttributeName": "dataset", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "dataset", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for name in ("flights", "weather", "planes"):
        item = {"dataset": {"S": name}, "rows": {"N": "842"}, "nested": {"M": {"a": {"L": [{"NULL": True}]}}}}
        dynamodb.put_item(TableName=names.run_ledger, Item=item)
    role = aws.role(ALLOW, service="backup.amazonaws.com")
    return drills.Protected(table=names.run_ledger, backup_role=role, restore_role=role)


def _tables(aws):
    return aws.client("dynamodb").list_tables()["TableNames"]


def test_a_drill_restores_every_item_and_leaves_no_copy(aws, connection, names, ledger):
    found = drills.drill(connection, names, ledger)

    assert (found.items, found.different, found.succeeded) == (3, 0, True)
    assert f"{ledger.table}-drill" not in _tables(aws)


def test_an_item_that_came_back_changed_is_found(aws, connection, names, ledger, monkeypatch):
    restore = drills._restore

    def spoiled(*arguments):
        seconds = restore(*arguments)
        item = {"dataset": {"S": "flights"}, "rows": {"N": "841"}}
        aws.client("dynamodb").put_item(TableName=f"{ledger.table}-drill", Item=item)
        return seconds

    monkeypatch.setattr(drills, "_restore", spoiled)

    assert drills.drill(connection, names, ledger).different == 1


def test_an_item_that_did_not_come_back_is_found(aws, connection, names, ledger, monkeypatch):
    restore = drills._restore

    def spoiled(*arguments):
        seconds = restore(*arguments)
        aws.client("dynamodb").delete_item(
            TableName=f"{ledger.table}-drill", Key={"dataset": {"S": "planes"}}
        )
        return seconds

    monkeypatch.setattr(drills, "_restore", spoiled)

    assert drills.drill(connection, names, ledger).succeeded is False


def test_a_copy_that_an_interrupted_drill_left_is_in_nobody_s_way(aws, connection, names, ledger):
    aws.client("dynamodb").create_table(
        TableName=f"{ledger.table}-drill",
        KeySchema=[{"AttributeName": "x", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "x", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    assert drills.drill(connection, names, ledger).succeeded


def test_a_failed_restore_says_why_and_leaves_no_copy(aws, connection, names, ledger, monkeypatch):
    monkeypatch.setattr(drills, "_key_of", lambda *_: "arn:aws:kms:ap-southeast-2:000000000000:key/gone")

    with pytest.raises(CommandFailed, match=r"ended FAILED: .*cannot be used.*drill-missing"):
        drills.drill(connection, names, ledger)
    assert f"{ledger.table}-drill" not in _tables(aws)


@pytest.mark.parametrize(("different", "value"), [(0, 1.0), (2, 0.0)])
def test_the_figure_is_one_only_when_everything_came_back(aws, connection, names, different, value):
    found = drills.Drill(
        table="t",
        items=1,
        different=different,
        recovery_point_seconds=None,
        backup_seconds=1,
        restore_seconds=1,
    )
    drills.report(connection, names, [found])
    metrics = aws.client("cloudwatch").list_metrics(Namespace="DataPlatform", MetricName=drills.FIGURE)

    assert any(
        {"Name": "Environment", "Value": names.environment} in m["Dimensions"] for m in metrics["Metrics"]
    )
    assert _sum(aws, names) == value


def _sum(aws, names):
    from datetime import UTC, datetime, timedelta

    now = datetime.now(tz=UTC)
    dimensions = [
        {"Name": "Environment", "Value": names.environment},
        {"Name": "Domain", "Value": names.domain},
    ]
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace="DataPlatform",
        MetricName=drills.FIGURE,
        Dimensions=dimensions,
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in points)
