"""Where a group begins in a partition that it has never read, and how far it has come after a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = dict[str, Any]
_SECONDS = 30


def of(consumer: Any, partitions: Sequence[Any], mapping: Record) -> list[Any]:
    """Each partition with the offset at which to go on; a first one is committed, so that it is found again.

    Args:
        consumer: a member of the mapping's group.
        partitions: what it shall read.
        mapping: says by StartingPosition where a group begins that has committed nothing.
    """
    from confluent_kafka import TopicPartition

    found, first = [], []
    for one in consumer.committed(list(partitions), timeout=_SECONDS):
        offset = one.offset
        if offset < 0:
            offset = _first(consumer, one, mapping)
            first.append(TopicPartition(one.topic, one.partition, offset))
        found.append(TopicPartition(one.topic, one.partition, offset))
    if first:
        consumer.commit(offsets=first, asynchronous=False)
    return found


def _first(consumer: Any, partition: Any, mapping: Record) -> int:
    from confluent_kafka import TopicPartition

    low, high = consumer.get_watermark_offsets(partition, timeout=_SECONDS)
    if mapping["StartingPosition"] == "TRIM_HORIZON":
        return int(low)
    if mapping["StartingPosition"] == "LATEST":
        return int(high)
    moment = int(float(mapping["StartingPositionTimestamp"]) * 1000)
    asked = [TopicPartition(partition.topic, partition.partition, moment)]
    offset = consumer.offsets_for_times(asked, timeout=_SECONDS)[0].offset
    return int(offset if offset >= 0 else high)


def after(messages: Sequence[Any]) -> list[Any]:
    """What to commit when these messages have been taken: in each partition the offset after the last one."""
    from confluent_kafka import TopicPartition

    last = {(message.topic(), message.partition()): message.offset() for message in messages}
    return [TopicPartition(topic, partition, offset + 1) for (topic, partition), offset in last.items()]
