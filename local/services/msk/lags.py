"""How far the consumer groups of a broker are behind: Kafka tells offsets, the first unread record tells since when."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 20
_FETCH_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Lag:
    """A group's lag in one topic, as MSK reports it.

    Args:
        group: the consumer group.
        topic: what it reads.
        sum_offsets: records that wait, in all partitions.
        max_offsets: records that wait in the partition with the most.
        seconds: age of the oldest record that waits.
    """

    group: str
    topic: str
    sum_offsets: int
    max_offsets: int
    seconds: float


def of(client: Mapping[str, Any]) -> list[Lag]:
    """The lag of every group in every topic in which it has committed an offset.

    Args:
        client: settings of the broker's owner.
    """
    from confluent_kafka import Consumer
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(dict(client))
    committed = _committed(admin)
    if not committed:
        return []
    consumer = Consumer({**client, "group.id": "measures", "enable.auto.commit": False})
    try:
        return [
            _lag(consumer, group, topic, offsets) for (group, topic), offsets in sorted(committed.items())
        ]
    finally:
        consumer.close()


def _committed(admin: Any) -> dict[tuple[str, str], dict[int, int]]:
    """By group and topic: the committed offset of each partition."""
    from confluent_kafka import ConsumerGroupTopicPartitions

    found: dict[tuple[str, str], dict[int, int]] = {}
    listed = admin.list_consumer_groups(request_timeout=_SECONDS).result(_SECONDS)
    for one in listed.valid:
        asked = [ConsumerGroupTopicPartitions(one.group_id)]
        [answer] = admin.list_consumer_group_offsets(asked, request_timeout=_SECONDS).values()
        for part in answer.result(_SECONDS).topic_partitions:
            if part.error is None and part.offset >= 0:
                found.setdefault((one.group_id, part.topic), {})[part.partition] = part.offset
    return found


def _lag(consumer: Any, group: str, topic: str, committed: dict[int, int]) -> Lag:
    from confluent_kafka import TopicPartition

    waiting, oldest = [], 0.0
    for partition, offset in committed.items():
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_SECONDS)
        begin = max(offset, low)
        waiting.append(max(high - begin, 0))
        if high > begin:
            oldest = max(oldest, _age(consumer, TopicPartition(topic, partition, begin)))
    return Lag(group=group, topic=topic, sum_offsets=sum(waiting), max_offsets=max(waiting), seconds=oldest)


def _age(consumer: Any, first: Any) -> float:
    """Seconds since the first unread record was written; 0 when it cannot be had in time."""
    consumer.assign([first])
    try:
        message = consumer.poll(_FETCH_SECONDS)
    finally:
        consumer.unassign()
    if message is None or message.error() is not None:
        return 0.0
    return max(time.time() - float(message.timestamp()[1]) / 1000, 0.0)
