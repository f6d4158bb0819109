"""A topic and its dead letters on a real broker, with a ledger and a registry of the embedded AWS."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from operations.streams.bounds import Range
from operations.streams.expressions import Expression
from operations.streams.letters import REPLAY_OF, Mending
from operations.streams.marks import Marks
from operations.streams.records import Records
from operations.streams.replay import Replay
from operations.streams.sending import Sender
from operations.streams.values import Values

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws

SECONDS = 240


@dataclass
class World:
    """One topic with two partitions, and two of dead letters."""

    broker: Any
    aws: Aws
    topic: str = field(default_factory=lambda: f"retail.orders{uuid.uuid4().hex[:8]}.v1")

    def __post_init__(self) -> None:
        admin = AdminClient(self.broker.client())
        for made in admin.create_topics(
            [
                NewTopic(name, num_partitions=2, config={"max.message.bytes": "65536"})
                for name in (self.topic, self.dead_letters)
            ]
        ).values():
            made.result(SECONDS)
        self.dynamodb = self.aws.client("dynamodb")
        self.table = f"ledger-{uuid.uuid4().hex[:8]}"
        keys = {"dataset": "HASH", "ingest_date": "RANGE"}
        self.dynamodb.create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        )

    @property
    def dead_letters(self) -> str:
        return f"{self.topic}.dlq"

    def marks(self, owner: str = "", **more: Any) -> Marks:
        return Marks(
            self.dynamodb, table=self.table, topic=self.topic, owner=owner or uuid.uuid4().hex, **more
        )

    def records(self, name: str) -> Records:
        return Records(self.broker.client, topic=name, group=f"{self.topic}.replay")

    def replay(self, *, chosen: str | None = None, fix: str | None = None, **parts: Any) -> Replay:
        mending = Mending(
            Values(self.aws.client("glue"), registry="stream"),
            topic=self.topic,
            chosen=Expression(chosen, "--filter") if chosen else None,
            fix=Expression(fix, "--fix") if fix else None,
        )
        given = {
            "marks": self.marks(),
            "topic": self.records(self.topic),
            "letters": self.records(self.dead_letters),
            "source": "dlq",
            "mending": mending,
            "sender": Sender(self.broker.client, topic=self.topic, rate=5000),
            "name": self.topic,
            "rate": 0.3,  # three records a chunk
        }
        return Replay(**(given | parts))

    def fail(
        self,
        *values: bytes | None,
        key: bytes = b'{"order_id":1}',
        at: list[tuple[int, int]] | None = None,
        reason: str = "price",
        timestamp: int = 0,
        more: tuple[tuple[str, bytes], ...] = (),
    ) -> None:
        """Dead letters, by turns in both partitions."""
        producer, refused = Producer(self.broker.client()), []
        for number, value in enumerate(values):
            partition, offset = at[number] if at else (number % 2, 1000 + number)
            told = {
                "dp.error.class": "RuleViolation",
                "dp.error.reason": reason,
                "dp.topic": self.topic,
                "dp.partition": str(partition),
                "dp.offset": str(offset),
            }
            headers = [("__op", b"u"), *more, *((name, text.encode()) for name, text in told.items())]
            when = {"timestamp": timestamp} if timestamp else {}
            producer.produce(
                self.dead_letters,
                key=key,
                value=value,
                headers=headers,
                partition=number % 2,
                on_delivery=lambda error, _: error and refused.append(error),
                **when,
            )
        assert producer.flush(SECONDS) == 0
        assert refused == []

    def sent(self) -> list[Any]:
        read = self.records(self.topic)
        return list(read.within(Range(), read.bounds()))

    def times_sent(self) -> Counter[str]:
        return Counter(record.header(REPLAY_OF) for record in self.sent())


@pytest.fixture
def world(broker, aws):
    return World(broker, aws)
