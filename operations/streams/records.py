"""Records of a topic, read between two places without a consumer group's offsets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from operations.streams.bounds import Range

SECONDS = 30.0
LARGEST = 8 << 20  # bytes of a record in the topic of dead letters
_POLL_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record as it is in Kafka; `timestamp` is in milliseconds."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    def header(self, name: str) -> str:
        """A header as text, of several of the name the last; empty when there is none."""
        found = [value for known, value in self.headers if known == name]
        return (found[-1] or b"").decode(errors="replace") if found else ""


class Records:
    """A topic that is read.

    Args:
        settings: Gives a client's settings.
        topic: The topic.
        group: A group that the role may name; nothing is committed in it.
    """

    def __init__(self, settings: Callable[[], Mapping[str, Any]], *, topic: str, group: str) -> None:
        self._settings, self._topic, self._group = settings, topic, group

    def bounds(self) -> dict[int, tuple[int, int]]:
        """The first offset and the end of each partition.

        Raises:
            CommandFailed: when Kafka does not tell.
        """
        from confluent_kafka import KafkaException, TopicPartition

        consumer = self._consumer()
        try:
            found = consumer.list_topics(self._topic, timeout=SECONDS).topics[self._topic]
            return {
                partition: consumer.get_watermark_offsets(
                    TopicPartition(self._topic, partition), timeout=SECONDS
                )
                for partition in sorted(found.partitions)
            }
        except KafkaException as error:
            raise self._silent(error) from error
        finally:
            consumer.close()

    def ends(self) -> dict[int, int]:
        """Where each partition ends."""
        return {partition: high for partition, (_, high) in self.bounds().items()}

    def within(self, wanted: Range, bounds: Mapping[int, tuple[int, int]]) -> Iterator[Record]:
        """The records of a range, of those that were there when the bounds were read."""
        starts = {partition: low for partition, (low, _) in bounds.items()}
        first = wanted.first
        if first is not None and first.offset is not None:
            starts = {partition: max(low, first.offset) for partition, low in starts.items()}
        if first is not None and first.at_ms is not None:
            found = self._offsets_at(first.at_ms, bounds)
            starts = {partition: max(low, found[partition]) for partition, low in starts.items()}
        for record in self.between(starts, {partition: high for partition, (_, high) in bounds.items()}):
            if wanted.holds(record.partition, record.offset, record.timestamp):
                yield record

    def between(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> Iterator[Record]:
        """The records from `starts` to before `ends`, in order within a partition.

        Raises:
            CommandFailed: when Kafka does not give them.
        """
        from confluent_kafka import KafkaException, TopicPartition

        left = {partition: end for partition, end in ends.items() if starts.get(partition, end) < end}
        if not left:
            return
        consumer = self._consumer()
        try:
            consumer.assign([TopicPartition(self._topic, partition, starts[partition]) for partition in left])
            while left:
                message = self._next(consumer)
                partition = message.partition()
                end = left.get(partition, 0)
                # Behind the last record of a partition there may be gaps: its end is also where Kafka says so.
                if message.error() is not None or message.offset() + 1 >= end:
                    left.pop(partition, None)
                if message.error() is None and message.offset() < end:
                    yield _record(message)
        except KafkaException as error:
            raise self._silent(error) from error
        finally:
            consumer.close()

    def _next(self, consumer: Any) -> Any:
        """The next record, or the word that a partition has no more."""
        from confluent_kafka import KafkaError, KafkaException

        for _ in range(int(SECONDS / _POLL_SECONDS)):
            message = consumer.poll(_POLL_SECONDS)
            if message is None:
                continue
            error = message.error()
            if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                raise KafkaException(error)
            return message
        raise self._silent(f"no record for {SECONDS:.0f} s")

    def _offsets_at(self, at_ms: int, bounds: Mapping[int, tuple[int, int]]) -> dict[int, int]:
        from confluent_kafka import KafkaException, TopicPartition

        consumer = self._consumer()
        try:
            asked = [TopicPartition(self._topic, partition, max(0, at_ms)) for partition in bounds]
            found = consumer.offsets_for_times(asked, timeout=SECONDS)
        except KafkaException as error:
            raise self._silent(error) from error
        finally:
            consumer.close()
        # A negative offset says that no record is so young.
        return {
            each.partition: each.offset if each.offset >= 0 else bounds[each.partition][1] for each in found
        }

    def _consumer(self) -> Any:
        from confluent_kafka import Consumer

        consumer = Consumer(
            {
                **self._settings(),
                "group.id": self._group,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.message.max.bytes": LARGEST,
                "auto.offset.reset": "earliest",
            }
        )
        consumer.poll(0)  # the first token is asked for by whoever polls
        return consumer

    def _silent(self, error: object) -> CommandFailed:
        return CommandFailed(
            f"{self._topic}: Kafka does not give what is asked: {error}. Is the topic deployed, may this role read it, "
            "and does this machine reach the brokers (inside the VPC)?",
            ExitCode.UNREACHABLE,
        )


def _record(message: Any) -> Record:
    return Record(
        partition=message.partition(),
        offset=message.offset(),
        timestamp=message.timestamp()[1],
        key=message.key(),
        value=message.value(),
        headers=tuple(message.headers() or ()),
    )
