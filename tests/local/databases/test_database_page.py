"""A full disk of the shop's database calls somebody, once: the deployed alarms, from the figure to the page."""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from shop_extractions import INSTANCE

from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local
GIB = 1024**3


class Pager:
    """What the topic that wakes somebody has told."""

    def __init__(self, platform: Any, topic: str) -> None:
        self._sqs = platform.client("sqs")
        self.url = self._sqs.create_queue(QueueName=f"pager-{uuid.uuid4().hex[:8]}")["QueueUrl"]
        told = self._sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": told["QueueArn"],
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})
        self._sns = platform.client("sns")
        self.subscription = self._sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=told["QueueArn"], ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        self._heard: list[tuple[str, str]] = []

    def heard(self) -> list[tuple[str, str]]:
        """Alarms and their states, in order."""
        while messages := self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                told = json.loads(json.loads(message["Body"])["Message"])
                self._heard.append((told["AlarmName"], told["NewStateValue"]))
                self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self._heard

    def close(self) -> None:
        """Listen no more."""
        self._sns.unsubscribe(SubscriptionArn=self.subscription)
        self._sqs.delete_queue(QueueUrl=self.url)


@pytest.fixture
def pager(platform: Any) -> Iterator[Pager]:
    [sick] = platform.client("cloudwatch").describe_alarms(
        AlarmNames=[f"{INSTANCE}-sick"], AlarmTypes=["CompositeAlarm"]
    )["CompositeAlarms"]
    [topic] = sick["AlarmActions"]
    made = Pager(platform, topic)
    yield made
    made.close()


def report(platform: Any, metric: str, value: float) -> None:
    """A figure as RDS reports it."""
    platform.client("cloudwatch").put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[
            {
                "MetricName": metric,
                "Value": value,
                "Timestamp": time.time(),
                "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": INSTANCE}],
            }
        ],
    )


def _state(platform: Any, rule: str) -> str:
    found = platform.client("cloudwatch").describe_alarms(
        AlarmNames=[f"{INSTANCE}-{rule}"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    [alarm] = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(alarm["StateValue"])


def test_a_filled_disk_pages_once_whatever_else_is_wrong(platform, pager):
    assert _state(platform, "sick") == "OK"
    report(platform, "FreeStorageSpace", 2 * GIB)
    until(lambda: (f"{INSTANCE}-sick", "ALARM") in pager.heard(), every=0.2)
    report(platform, "FreeStorageSpace", 1 * GIB)
    report(platform, "OldestReplicationSlotLag", 5 * GIB)
    until(lambda: _state(platform, "slot-lag-critical") == "ALARM", every=0.2)

    assert _state(platform, "storage-critical") == "ALARM"
    assert pager.heard() == [(f"{INSTANCE}-sick", "ALARM")]
