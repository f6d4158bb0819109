"""How many dead letters wait, and for how long, as the topic and the ledger tell."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from stream_loader import handler
from stream_loader.dead_letters import DeadLetters
from stream_loader.items import Items, padded
from stream_loader.measures import Measures
from stream_loader.open_letters import OpenLetters, open_letters, tell

TOPIC = "retail.orders.v1"
MINUTE = 60.0
BEGIN = 1_767_268_800.0  # seconds since 1970; the topic keeps records without end


@pytest.fixture(scope="module")
def table(aws):
    name, keys = f"ledger-{uuid.uuid4().hex[:8]}", {"dataset": "HASH", "ingest_date": "RANGE"}
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in keys],
        KeySchema=[{"AttributeName": each, "KeyType": kind} for each, kind in keys.items()],
    )
    return name


class Letters:
    """A topic of dead letters, a letter a minute, and its marks."""

    def __init__(self, broker, aws, table):
        self.topic, self._broker = f"dlq-{uuid.uuid4().hex[:8]}", broker
        self._admin = AdminClient(broker.client())
        [made] = self._admin.create_topics(
            [NewTopic(self.topic, num_partitions=1, config={"retention.ms": "-1"})]
        ).values()
        made.result(30)
        self.items = Items(aws.client("dynamodb"), table=table, topic=f"{TOPIC}.{self.topic}")
        self.dead_letters = DeadLetters(broker.client, topic=self.topic, group="look", loader="test:1")

    def write(self, count):
        producer = Producer(self._broker.client())
        for minute in range(count):
            producer.produce(self.topic, b"x", timestamp=int((BEGIN + minute * MINUTE) * 1000))
        assert producer.flush(30) == 0

    def mark(self, state, *offsets):
        for offset in offsets:
            self.items.write(self.items.put(f"replay:0:{padded(offset)}", {"state": state}))

    def forget(self, before):
        from confluent_kafka import TopicPartition

        for done in self._admin.delete_records([TopicPartition(self.topic, 0, before)]).values():
            done.result(30)

    def open(self, minute):
        return open_letters(self.dead_letters, self.items, now=BEGIN + minute * MINUTE)


@pytest.fixture
def letters(broker, aws, table):
    return Letters(broker, aws, table)


def test_without_letters_none_waits(letters):
    assert letters.open(5) == OpenLetters(count=0, oldest_seconds=0.0)


def test_the_oldest_letter_counts_until_it_is_sent_again_and_then_the_next_one(letters):
    letters.write(4)

    before = letters.open(10)
    letters.mark("sent", 0, 1, 3)

    assert before == OpenLetters(count=4, oldest_seconds=10 * MINUTE)
    assert letters.open(10) == OpenLetters(count=1, oldest_seconds=8 * MINUTE)


def test_a_letter_that_was_about_to_be_sent_is_open(letters):
    letters.write(2)
    letters.mark("sending", 0)

    assert letters.open(10) == OpenLetters(count=2, oldest_seconds=10 * MINUTE)


def test_all_sent_again_are_none_open_and_their_marks_outlive_them(letters):
    letters.write(3)
    letters.mark("sent", 0, 1, 2)
    all_sent = letters.open(10)
    letters.forget(before=2)

    assert all_sent == letters.open(10) == OpenLetters(count=0, oldest_seconds=0.0)


def test_what_retention_took_waits_no_more(letters):
    letters.write(3)
    letters.forget(before=1)

    assert letters.open(10) == OpenLetters(count=2, oldest_seconds=9 * MINUTE)


def test_both_figures_stand_in_the_log_also_when_nothing_waits(capsys):
    tell(OpenLetters(count=0, oldest_seconds=0.0), Measures("retail.orders"))

    figures = json.loads(capsys.readouterr().out)
    assert (figures["OpenDeadLetters"], figures["OldestDeadLetterSeconds"]) == ([0.0], [0.0])
    assert figures["dataset"] == "retail.orders"


def test_the_schedules_call_looks_at_letters_and_merges_what_was_left(letters, monkeypatch, capsys):
    letters.write(2)
    parts = SimpleNamespace(
        dead_letters=letters.dead_letters, items=letters.items, plan=SimpleNamespace(dataset="retail.orders")
    )
    loader = SimpleNamespace(parts=parts, merge_left=lambda *, call: len(call.split(".")))
    monkeypatch.setattr(handler, "_loader", lambda: loader)
    context = SimpleNamespace(aws_request_id="look")

    assert handler.handle({"look": "dead-letters"}, context) == {"open_dead_letters": 2, "merged_files": 2}
    assert json.loads(capsys.readouterr().out)["OpenDeadLetters"] == [2.0]
