"""On the deployed platform: backups come back, copies are out of reach, old rows go, and a threat finds its topic."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from botocore.exceptions import ClientError

from environments import LOCAL
from operations import drills
from operations.connection import Connection

pytestmark = pytest.mark.local
VAULT = "dp-local-backups"


@pytest.fixture
def connection(platform):
    return Connection(
        environment=LOCAL,
        session=platform.root,
        endpoint=platform.endpoint["endpoint"],
        verify=platform.endpoint["ca"],
    )


def test_the_ledger_comes_back_item_by_item_under_the_roles_of_the_platform(platform, connection):
    ledger = drills.protected(platform.names, LOCAL)[0]
    found = drills.drill(connection, platform.names, ledger)

    assert found.items >= 3  # airlines, airports, planes
    assert found.succeeded


def test_no_consumer_can_end_a_copy(platform, connection):
    ledger = drills.protected(platform.names, LOCAL)[0]
    drills.drill(connection, platform.names, ledger)
    points = platform.client("backup").list_recovery_points_by_backup_vault(BackupVaultName=VAULT)
    point = points["RecoveryPoints"][0]["RecoveryPointArn"]

    for role in ("analyst", "engineer"):
        client = platform.client("backup", platform.as_role(role))
        with pytest.raises(ClientError, match="not authorized to perform: backup:DeleteRecoveryPoint"):
            client.delete_recovery_point(BackupVaultName=VAULT, RecoveryPointArn=point)


def test_rows_go_at_the_end_of_the_contract_s_retention_under_the_role_of_retention(platform):
    shop = platform.of("retail")
    eraser, days = shop.as_role("eraser"), shop.domain_dataset("customers").retention.days
    table = f'"{shop.names.database("staged")}"."customers_candidate"'
    ages = {"kept": days, "gone": days + 1, "old": days + 4000}
    rows = ", ".join(f"(date_add('day', -{age}, current_date), '{name}')" for name, age in ages.items())
    shop.query(f"INSERT INTO {table} (_ingest_date, _run_id) VALUES {rows}", eraser)

    client = platform.client("stepfunctions")
    machine = shop.names.state_machine_arn + "-retention"
    ended = platform.wait(client.start_execution(stateMachineArn=machine)["executionArn"])

    assert ended.status == "SUCCEEDED"
    left = shop.query(f"SELECT _run_id FROM {table} WHERE _run_id IN ('kept', 'gone', 'old')", eraser)
    assert left == [["kept"]]


def test_a_threat_is_passed_on_to_the_topic_that_wakes(platform):
    client = platform.client("guardduty")
    (detector,) = client.list_detectors()["DetectorIds"]
    client.create_sample_findings(DetectorId=detector, FindingTypes=["Exfiltration:S3/AnomalousBehavior"])

    assert _passed_on(platform, "dp-local-threat-high", "Invocations") >= 1
    assert _passed_on(platform, "dp-local-threat-high", "FailedInvocations", seconds=0) == 0


def _passed_on(platform, rule, metric, seconds=60.0):
    now, until = dt.datetime.now(tz=dt.UTC), time.monotonic() + seconds
    while True:
        points = platform.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Events",
            MetricName=metric,
            Dimensions=[{"Name": "RuleName", "Value": rule}],
            StartTime=now - dt.timedelta(hours=1),
            EndTime=now + dt.timedelta(hours=23),  # other tests put the server's clock forward
            Period=7200,
            Statistics=["Sum"],
        )["Datapoints"]
        total = sum(point["Sum"] for point in points)
        if total or time.monotonic() >= until:
            return total
        time.sleep(0.2)
