"""A sick database pages once, however many of its figures go bad: the platform's own alarms on a running server."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import assertions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from data_platform.observability import DatabaseAlarms, WatchedDatabase
from tests.conftest import unvalidated_stack
from tests.waiting import until

GIB = 1024**3
ANYBODY = "anybodys-database"


@dataclass
class Ward:
    """A deployed set of alarms, and what was heard of it."""

    aws: Any
    instance: str
    stack: str
    log_group: str
    queues: dict[str, str]
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"page": [], "ticket": []})
    ahead: float = 0

    def report(self, metric, value, *, minutes=1):
        """What RDS would report: a figure a minute, for some minutes up to now."""
        now = time.time() + self.ahead
        data = [
            {
                "MetricName": metric,
                "Value": value,
                "Timestamp": now - 60 * age,
                "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": self.instance}],
            }
            for age in range(minutes)
        ]
        self.aws.client("cloudwatch").put_metric_data(Namespace="AWS/RDS", MetricData=data)

    def listen(self, severity):
        """Everything that the topic of a severity has told so far."""
        client, url = self.aws.client("sqs"), self.queues[severity]
        while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self.heard[severity].append(json.loads(json.loads(message["Body"])["Message"]))
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [
            (m["AlarmName"].removeprefix(f"{self.instance}-"), m["NewStateValue"])
            for m in self.heard[severity]
        ]

    def wait_for(self, severity, rule, state):
        until(lambda: (rule, state) in self.listen(severity), every=0.2)

    def pass_minutes(self, minutes):
        """Put the server's clock forward."""
        self.ahead += 60 * minutes
        (Path(self.aws.endpoint.state_dir) / "clock-offset").write_text(str(self.ahead))


@pytest.fixture(scope="module")
def template():
    """What the alarms of an instance become, synthesised once; each test puts its own instance's name in."""
    stack = unvalidated_stack()
    topics = {severity: sns.Topic(stack, severity.title()) for severity in ("page", "ticket")}
    for severity, topic in topics.items():
        topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(stack, f"{severity.title()}Queue")))
    log = logs.CfnLogGroup(stack, "Log", log_group_name=f"/aws/rds/instance/{ANYBODY}/postgresql")
    database = WatchedDatabase(
        instance=ANYBODY, engine="postgres", instance_class="db.t4g.medium", storage_gib=20, silence=False
    )
    DatabaseAlarms(stack, "Alarms", database=database, owner="o", topics=topics, log_group=log.ref)
    return json.dumps(assertions.Template.from_stack(stack).to_json()["Resources"])


@pytest.fixture
def ward(aws, template):
    instance = f"shop-{uuid.uuid4().hex[:6]}"
    resources = json.loads(template.replace(ANYBODY, instance))
    deployed = aws.deploy(resources)
    queues = {
        severity: aws.resource(deployed, logical_id)
        for severity in ("page", "ticket")
        for logical_id in resources
        if resources[logical_id]["Type"] == "AWS::SQS::Queue"
        and logical_id.startswith(f"{severity.title()}Queue")
    }
    made = Ward(
        aws=aws,
        instance=instance,
        stack=deployed,
        log_group=f"/aws/rds/instance/{instance}/postgresql",
        queues=queues,
    )
    made.wait_for("page", "sick", "OK")  # every new alarm tells once that all is well
    made.heard["page"].clear()
    yield made
    (Path(aws.endpoint.state_dir) / "clock-offset").unlink(missing_ok=True)


def test_a_filled_disk_pages_once_and_busy_processors_page_no_second_time(ward):
    ward.report("FreeStorageSpace", 2 * GIB)
    ward.wait_for("page", "sick", "ALARM")
    ward.report("CPUUtilization", 99, minutes=17)
    ward.wait_for("ticket", "cpu-critical", "ALARM")

    assert {("storage-low", "ALARM"), ("storage-critical", "ALARM"), ("cpu-high", "ALARM")} < set(
        ward.listen("ticket")
    )
    assert ward.listen("page") == [("sick", "ALARM")]
    (page,) = ward.heard["page"]
    assert [child["Arn"].rpartition(":")[2] for child in page["TriggeringChildren"]] == [
        f"{ward.instance}-storage-critical"
    ]
    assert "Runbook: docs/runbooks/database-sick.md" in page["AlarmDescription"]


def test_it_is_well_again_when_the_last_fault_is_gone(ward):
    ward.report("FreeStorageSpace", 2 * GIB)
    ward.report("CPUUtilization", 99, minutes=17)
    ward.wait_for("ticket", "cpu-critical", "ALARM")
    ward.wait_for("ticket", "storage-critical", "ALARM")
    ward.pass_minutes(20)
    ward.report("CPUUtilization", 3, minutes=3)
    ward.wait_for("ticket", "cpu-critical", "OK")

    assert ward.listen("page") == [("sick", "ALARM")]  # the disk is still full, though nothing reports it

    ward.report("FreeStorageSpace", 15 * GIB, minutes=7)
    ward.wait_for("page", "sick", "OK")
    assert ward.listen("page") == [("sick", "ALARM"), ("sick", "OK")]
    history = ward.aws.client("cloudwatch").describe_alarm_history(
        AlarmName=f"{ward.instance}-sick", AlarmTypes=["CompositeAlarm"], HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history][:2] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
    ]


def test_a_warning_pages_nobody(ward):
    ward.report("FreeStorageSpace", 4 * GIB)
    ward.wait_for("ticket", "storage-low", "ALARM")

    assert ward.listen("page") == []


@pytest.mark.parametrize(
    "line",
    [
        'FATAL:  password authentication failed for user "app"',
        'FATAL:  PAM authentication failed for user "extractor"',
        'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "app", database "shop", no encryption',
    ],
)
def test_failed_logins_in_the_log_open_a_ticket(ward, line):
    _log(ward, *[f"2026-11-28 01:02:03 UTC:10.0.0.9(5432):app@shop:[7]:{line}"] * 5)

    ward.wait_for("ticket", "logins-failed", "ALARM")


def test_deadlocks_in_the_log_open_a_ticket(ward):
    _log(ward, *["2026-11-28 01:02:03 UTC:10.0.0.9(5432):app@shop:[7]:ERROR:  deadlock detected"] * 5)

    ward.wait_for("ticket", "deadlocks", "ALARM")


def test_a_quiet_log_opens_none(ward):
    _log(ward, *["2026-11-28 01:02:03 UTC::@:[7]:LOG:  checkpoint complete"] * 9)
    ward.report("FreeStorageSpace", 4 * GIB)  # judged after the log
    ward.wait_for("ticket", "storage-low", "ALARM")

    assert [rule for rule, state in ward.listen("ticket") if state == "ALARM"] == ["storage-low"]


def test_a_child_goes_with_its_composite_when_the_stack_is_deleted(ward):
    ward.aws.delete(ward.stack)
    left = ward.aws.client("cloudwatch").describe_alarms(
        AlarmNamePrefix=ward.instance, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )

    assert left["MetricAlarms"] + left["CompositeAlarms"] == []


def _log(ward, *lines):
    client = ward.aws.client("logs")
    client.create_log_stream(logGroupName=ward.log_group, logStreamName="shop.0")
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
    client.put_log_events(logGroupName=ward.log_group, logStreamName="shop.0", logEvents=events)
