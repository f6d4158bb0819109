"""What a producer, a consumer and an administrator may do: exactly this, on exactly these."""

from __future__ import annotations

import pytest

from data_platform.streaming import admin_rights, consumer_rights, producer_rights

CLUSTER = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/c/1"
TOPIC, DEAD = "retail.orders.v1", "retail.orders.v1.dlq"
REGISTRY = ["arn:aws:glue:ap-southeast-2:111111111111:registry/r"]


def allowed(statements):
    """(action, what it is about) of every right."""
    return {
        (action.split(":")[1], resource.split(":")[5])
        for statement in statements
        for action in statement.actions
        for resource in statement.resources
    }


PRODUCER = allowed(producer_rights(CLUSTER, [TOPIC], registry_arns=REGISTRY))
CONSUMER = allowed(
    consumer_rights(CLUSTER, [TOPIC], groups=["g"], dead_letters=[DEAD], registry_arns=REGISTRY)
)
ADMIN = allowed(admin_rights(CLUSTER, [TOPIC, DEAD], groups=["g"], makes_topics=False))
MAKER = allowed(admin_rights(CLUSTER, [TOPIC, DEAD], groups=["g"], makes_topics=True))


def test_a_producer_writes_its_topic_and_reads_none():
    assert ("WriteData", f"topic/c/1/{TOPIC}") in PRODUCER
    assert "ReadData" not in {action for action, _ in PRODUCER}


def test_a_producer_may_be_idempotent():
    assert ("WriteDataIdempotently", "cluster/c/1") in PRODUCER


def test_a_producer_registers_no_schema():
    assert {action for action, about in PRODUCER if about.startswith("registry")} == {
        "GetSchemaByDefinition",
        "GetSchemaVersion",
    }


def test_a_consumer_reads_its_topic_in_its_group_and_writes_dead_letters_only():
    assert ("ReadData", f"topic/c/1/{TOPIC}") in CONSUMER
    assert ("AlterGroup", "group/c/1/g") in CONSUMER
    assert {about for action, about in CONSUMER if action == "WriteData"} == {f"topic/c/1/{DEAD}"}


def test_a_consumer_sees_whether_a_dead_letter_is_there_and_is_told_of_the_cluster_as_pollers_ask():
    assert {about for action, about in CONSUMER if action == "ReadData"} == {
        f"topic/c/1/{TOPIC}",
        f"topic/c/1/{DEAD}",
    }
    assert "DescribeClusterDynamicConfiguration" in {action for action, _ in CONSUMER}


def test_an_administrator_sees_no_record_and_deletes_nothing():
    assert {action for action, _ in ADMIN} == {
        "Connect",
        "DescribeClusterV2",
        "DescribeGroup",
        "DescribeTopic",
        "DescribeTopicDynamicConfiguration",
        "GetBootstrapBrokers",
    }


def test_where_cloudformation_makes_no_topics_an_administrator_does():
    assert {action for action, _ in MAKER - ADMIN} == {
        "AlterTopic",
        "AlterTopicDynamicConfiguration",
        "CreateTopic",
    }


@pytest.mark.parametrize("rights", [PRODUCER, CONSUMER, ADMIN, MAKER])
def test_everybody_finds_the_brokers_by_the_clusters_arn(rights):
    assert ("GetBootstrapBrokers", "cluster/c/1") in rights


@pytest.mark.parametrize("rights", [PRODUCER, CONSUMER, ADMIN, MAKER])
def test_nothing_is_named_by_a_wildcard(rights):
    assert [each for pair in rights for each in pair if "*" in each] == []
