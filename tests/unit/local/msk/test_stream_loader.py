"""The loader of streams proves to a cluster by IAM who it is, with AWS's own signer."""

from __future__ import annotations

import uuid

import pytest
from confluent_kafka.admin import NewTopic
from stream_loader import kafka_login
from stream_loader.dead_letters import DeadLetters
from stream_loader.event import Record
from stream_loader.poison import Poison

from tests.unit.local.msk.conftest import KAFKA_ALL, SECONDS


@pytest.fixture
def as_role(shop, monkeypatch):
    """Makes the environment's credentials those of a new role with these statements."""

    def become(*statements):
        given = shop.aws.session_as(shop.aws.role(*statements)).get_credentials()
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", given.access_key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", given.secret_key)
        monkeypatch.setenv("AWS_SESSION_TOKEN", given.token)

    return become


def _letters(shop, topic):
    made = kafka_login.settings(shop.kafka, shop.arn, shop.ca)
    assert made["bootstrap.servers"] == shop.bootstrap("SaslIam")
    # The test itself is outside of the network, where the public door is.
    made |= {"bootstrap.servers": shop.bootstrap("PublicSaslIam"), "log_level": 2}
    return DeadLetters(lambda: made, topic=topic, group=f"{topic}.loader", loader="test")


def test_dead_letters_are_written_and_found_again_as_a_role(shop, as_role):
    topic = f"dlq-{uuid.uuid4().hex[:8]}"
    admin = shop.admin(shop.aws.session_as(shop.aws.role(KAFKA_ALL)))
    [made] = admin.create_topics([NewTopic(topic, num_partitions=1)]).values()
    made.result(SECONDS)
    as_role(KAFKA_ALL)
    letters = _letters(shop, topic)
    record = Record(topic="t", partition=3, offset=7, timestamp=0, key=b"k", value=None, headers=())

    ends = letters.ends()
    letters.send([(record, Poison("MissingKey", "why"))])

    assert letters.offsets_since(ends, "t", 3) == {7}
    assert letters.offsets_since(ends, "t", 0) == set()
    assert letters.offsets_since(letters.ends(), "t", 3) == set()
