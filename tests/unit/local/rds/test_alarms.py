"""The platform's alarms on a real engine: its own figures calm them, its own log rings them."""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path

import psycopg2
import pytest
from aws_cdk import assertions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from data_platform.observability import DatabaseAlarms, WatchedDatabase, max_connections
from tests.conftest import unvalidated_stack
from tests.unit.local.rds.conftest import Shop, database
from tests.waiting import until

CLASS, FIVE_MINUTES = "db.t4g.medium", 300


@pytest.fixture(scope="module")
def shop(secured_aws):
    """A database with the parameter that the platform computes, and with its alarms."""
    name = f"shop-{uuid.uuid4().hex[:6]}"
    most = str(max_connections("postgres", CLASS))
    deployed = secured_aws.deploy(database(name, parameters={"max_connections": most}))
    stack = unvalidated_stack()
    topics = {severity: sns.Topic(stack, severity.title()) for severity in ("page", "ticket")}
    for topic in topics.values():
        topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com"))
    watched = WatchedDatabase(instance=name, engine="postgres", instance_class=CLASS, storage_gib=20)
    log = f"/aws/rds/instance/{name}/postgresql"
    DatabaseAlarms(stack, "Alarms", database=watched, owner="o", topics=topics, log_group=log)
    _log_is_there(secured_aws, log)
    secured_aws.deploy(assertions.Template.from_stack(stack).to_json()["Resources"])
    return Shop(secured_aws, deployed, name)


def _log_is_there(aws, name):
    """RDS makes the group with the first line, unless a template has made it before."""
    until(lambda: aws.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"])


def _state(shop, rule):
    found = shop.aws.client("cloudwatch").describe_alarms(
        AlarmNames=[f"{shop.name}-{rule}"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return alarm["StateValue"]


def test_the_engine_takes_the_connections_that_the_alarm_counts_with(shop):
    assert shop.rows("SHOW max_connections") == [(str(max_connections("postgres", CLASS)),)]


def test_a_guessed_password_opens_a_ticket_and_pages_nobody(shop):
    for _ in range(5):
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            shop.connect(user="master", password="guessed")

    until(lambda: _state(shop, "logins-failed") == "ALARM")
    assert _state(shop, "sick") == "OK"


def _cross(shop, first, second, barrier):
    """Take two rows in an order, together with somebody who takes them in the other."""
    connection = shop.connect()
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE locked SET n = n + 1 WHERE id = %s", (first,))
            barrier.wait(30)
            cursor.execute("UPDATE locked SET n = n + 1 WHERE id = %s", (second,))
    except psycopg2.errors.DeadlockDetected:
        pass
    finally:
        connection.close()


def test_transactions_that_wait_for_each_other_open_a_ticket(shop):
    shop.rows("CREATE TABLE locked (id int PRIMARY KEY, n int); INSERT INTO locked VALUES (1, 0), (2, 0)")
    for _ in range(5):
        barrier = threading.Barrier(2)
        pairs = [threading.Thread(target=_cross, args=(shop, *order, barrier)) for order in ((1, 2), (2, 1))]
        for one in pairs:
            one.start()
        for one in pairs:
            one.join()

    until(lambda: _state(shop, "deadlocks") == "ALARM")


def test_figures_of_a_healthy_engine_calm_the_alarms(shop):
    metric = {"Namespace": "AWS/RDS", "MetricName": "FreeStorageSpace"}
    dimensions = [{"Name": "DBInstanceIdentifier", "Value": shop.name}]
    now = time.time()
    until(
        lambda: shop.aws.client("cloudwatch").get_metric_statistics(
            **metric,
            Dimensions=dimensions,
            StartTime=now - 3600,
            EndTime=now + 3600,
            Period=60,
            Statistics=["Minimum"],
        )["Datapoints"]
    )
    file = Path(shop.aws.endpoint.state_dir) / "clock-offset"
    file.write_text(str(FIVE_MINUTES))  # the period with the figure has ended
    try:
        until(lambda: (_state(shop, "storage-low"), _state(shop, "storage-critical")) == ("OK", "OK"))
    finally:
        file.unlink()
