"""Kafka tells whether a topic holds more; where it does not answer, nothing more is said to come."""

from __future__ import annotations

import uuid

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from stream_loader import backlog as backlog_module
from stream_loader import kafka_login
from stream_loader.backlog import Backlog

SECONDS = 240


@pytest.fixture
def topic(broker):
    """Three partitions, of which the first two hold two records."""
    name = f"orders-{uuid.uuid4().hex[:8]}"
    admin = AdminClient(broker.client())
    [made] = admin.create_topics([NewTopic(name, num_partitions=3)]).values()
    made.result(SECONDS)
    producer = Producer(broker.client())
    for partition in (0, 1, 0, 1):
        producer.produce(name, b"row", partition=partition)
    assert producer.flush(SECONDS) == 0
    return name


def test_more_comes_when_each_partition_goes_on_behind_its_offset(broker, topic):
    backlog = Backlog(broker.client, topic=topic, group="loader")

    assert backlog.holds_more({0: 1, 1: 0})
    assert not backlog.holds_more({0: 2})
    assert not backlog.holds_more({0: 1, 1: 2})
    assert not backlog.holds_more({0: 1, 2: 0})


def test_what_is_written_later_is_seen_by_the_same_connection(broker, topic):
    connections = []

    def connection():
        connections.append(broker.client())
        return connections[-1]

    backlog = Backlog(connection, topic=topic, group="loader")
    assert not backlog.holds_more({2: 0})
    producer = Producer(broker.client())
    producer.produce(topic, b"row", partition=2)
    assert producer.flush(SECONDS) == 0

    assert backlog.holds_more({2: 0})
    assert len(connections) == 1


def test_a_broker_that_does_not_answer_holds_nothing_more_until_it_does(broker, topic, monkeypatch):
    answers = [{"bootstrap.servers": "127.0.0.1:1", "log_level": 0}, broker.client()]
    monkeypatch.setattr(backlog_module, "_SECONDS", 0.5)
    backlog = Backlog(lambda: answers.pop(0), topic=topic, group="loader")

    assert not backlog.holds_more({0: 0})
    monkeypatch.undo()
    assert backlog.holds_more({0: 0})


def test_a_cluster_that_is_not_there_holds_nothing_more(aws):
    arn = "arn:aws:kafka:ap-southeast-2:1:cluster/shop/1"
    backlog = Backlog(
        lambda: kafka_login.settings(aws.client("kafka"), arn, None), topic="orders", group="loader"
    )

    assert not backlog.holds_more({0: 0})
