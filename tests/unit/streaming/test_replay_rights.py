"""Who replays reads a domain's topics and dead letters, writes its topics alone and deletes no record."""

from __future__ import annotations

import pytest

from data_platform.contracts.streams import Stream
from data_platform.streaming.replay_rights import replay_rights

ARN = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
LEDGER = "arn:aws:dynamodb:ap-southeast-2:111111111111:table/ledger"


@pytest.fixture
def statements():
    streams = [
        Stream(
            topic=name,
            dead_letters=f"{name}.dlq",
            partitions=1,
            retention_ms=1,
            dead_letter_retention_ms=1,
            cleanup=("delete",),
            key=(),
            format="avro",
            compatibility="BACKWARD",
        )
        for name in ("retail.orders.v1", "retail.items.v1")
    ]
    made = replay_rights(ARN, streams, ledger_arn=LEDGER, key_arn="arn:key", registry_arns=["arn:registry"])
    return {each.sid: each.to_statement_json() for each in made}


def test_topics_are_written_and_dead_letters_are_not(statements):
    written = [
        resource
        for each in statements.values()
        if "kafka-cluster:WriteData" in each["Action"]
        for resource in each["Resource"]
    ]
    assert sorted(resource.rpartition("/")[2] for resource in written) == [
        "retail.items.v1",
        "retail.orders.v1",
    ]


def test_both_are_read(statements):
    read = [resource.rpartition("/")[2] for resource in statements["ReadTopics"]["Resource"]]
    assert sorted(read) == [
        "retail.items.v1",
        "retail.items.v1.dlq",
        "retail.orders.v1",
        "retail.orders.v1.dlq",
    ]


def test_no_topic_is_changed_or_deleted(statements):
    actions = [action for each in statements.values() for action in _listed(each["Action"])]
    assert not [a for a in actions if a.startswith("kafka-cluster:") and ("Delete" in a or "AlterTopic" in a)]
    assert not [a for a in actions if "*" in a]


def test_only_the_topics_items_of_the_ledger_are_marked(statements):
    marks = statements["MarkReplays"]
    assert marks["Resource"] == LEDGER
    assert marks["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"] == [
        "stream:retail.orders.v1",
        "stream:retail.items.v1",
    ]


def _listed(actions):
    return [actions] if isinstance(actions, str) else actions
