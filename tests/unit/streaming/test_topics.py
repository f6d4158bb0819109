"""Topics: what Kafka is told follows the contract's stream, and dead letters have a place before there is a topic."""

from __future__ import annotations

import base64
import json

import pytest
from aws_cdk import assertions

from data_platform.contracts.streams import Stream
from data_platform.streaming import Topics, creation, dead_letter_settings, encoded, topic_settings

CLUSTER = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/c/1"
WEEK = 604_800_000


def stream(name="orders", **given):
    return Stream(
        **{
            "topic": f"retail.{name}.v1",
            "dead_letters": f"retail.{name}.v1.dlq",
            "partitions": 6,
            "retention_ms": WEEK,
            "dead_letter_retention_ms": 2 * WEEK,
            "cleanup": ("delete",),
            "key": ("order_id",),
            "format": "avro",
            "compatibility": "BACKWARD_ALL",
            **given,
        }
    )


@pytest.mark.parametrize(
    ("cleanup", "settings"),
    [
        (("delete",), {"cleanup.policy": "delete", "retention.ms": str(WEEK)}),
        (("compact",), {"cleanup.policy": "compact", "delete.retention.ms": str(WEEK)}),
        (
            ("delete", "compact"),
            {
                "cleanup.policy": "compact,delete",
                "delete.retention.ms": str(WEEK),
                "retention.ms": str(WEEK),
            },
        ),
    ],
)
def test_what_is_kept_follows_the_contract(cleanup, settings):
    assert topic_settings(stream(cleanup=cleanup)) == settings | {"max.message.bytes": "4194304"}


def test_dead_letters_are_never_compacted():
    # Two poisoned records of one key are two records.
    assert dead_letter_settings(stream(cleanup=("compact",)))["cleanup.policy"] == "delete"


def test_a_dead_letter_may_be_longer_than_the_record_that_died():
    longest = int(topic_settings(stream())["max.message.bytes"])

    assert int(dead_letter_settings(stream())["max.message.bytes"]) >= 2 * longest


def test_settings_are_json_in_base64_whatever_their_order():
    assert json.loads(base64.b64decode(encoded({"b": "2", "a": "1"}))) == {"a": "1", "b": "2"}
    assert encoded({"b": "2", "a": "1"}) == encoded({"a": "1", "b": "2"})


@pytest.fixture
def template(stack):
    Topics(stack, "Topics", cluster_arn=CLUSTER, streams=[stream(), stream("order_items", partitions=12)])
    return assertions.Template.from_stack(stack)


def test_each_stream_has_its_topic_and_one_for_dead_letters(template):
    found = {
        each["Properties"]["TopicName"]: each["Properties"]["PartitionCount"]
        for each in template.find_resources("AWS::MSK::Topic").values()
    }

    assert found == {
        "retail.orders.v1": 6,
        "retail.orders.v1.dlq": 1,
        "retail.order_items.v1": 12,
        "retail.order_items.v1.dlq": 1,
    }


def test_every_topic_has_three_copies_and_stays(template):
    for topic in template.find_resources("AWS::MSK::Topic").values():
        assert topic["Properties"]["ReplicationFactor"] == 3
        assert (topic["DeletionPolicy"], topic["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_topics_are_made_one_after_the_other_dead_letters_first(template):
    topics = template.find_resources("AWS::MSK::Topic")
    name_of = {key: each["Properties"]["TopicName"] for key, each in topics.items()}
    after = {name_of[key]: [name_of[o] for o in each.get("DependsOn", [])] for key, each in topics.items()}

    assert after == {
        "retail.orders.v1.dlq": [],
        "retail.orders.v1": ["retail.orders.v1.dlq"],
        "retail.order_items.v1.dlq": ["retail.orders.v1"],
        "retail.order_items.v1": ["retail.order_items.v1.dlq"],
    }


def test_by_hand_the_same_topics_are_made():
    assert creation(stream()) == {
        "retail.orders.v1.dlq": "--topic retail.orders.v1.dlq --partitions 1 --replication-factor 3 "
        "--config cleanup.policy=delete --config max.message.bytes=8388608 --config retention.ms=1209600000",
        "retail.orders.v1": "--topic retail.orders.v1 --partitions 6 --replication-factor 3 "
        "--config cleanup.policy=delete --config max.message.bytes=4194304 --config retention.ms=604800000",
    }
