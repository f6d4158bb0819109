"""Records that cannot be loaded, written to the topic of dead letters as they came, with the reason in headers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from stream_loader.ledger import Intent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from confluent_kafka import Message

    from stream_loader.event import Batch, Record
    from stream_loader.poison import Poison

_LARGEST = 8 << 20  # bytes of a record in the topic of dead letters
_SECONDS = 60.0
_POLL_SECONDS = 1.0
_QUEUE_FULL_SECONDS = 0.1
_GONE = (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001 - that is its public name
TOPIC, PARTITION, OFFSET, LOADER = "dp.topic", "dp.partition", "dp.offset", "dp.loader"


class NotWritten(Exception):
    """The topic of dead letters did not take a record, or could not be read; the batch comes again."""


class DeadLetters:
    """The topic of dead letters of one topic.

    Args:
        connection: Gives a client's settings (`kafka_login.settings`).
        topic: The topic of dead letters.
        group: The group that the loader may read in; nothing is committed in it.
        loader: The function and its version.
    """

    def __init__(
        self, connection: Callable[[], Mapping[str, Any]], *, topic: str, group: str, loader: str
    ) -> None:
        self._connection, self._topic, self._group, self._loader = connection, topic, group, loader

    def already(self, batch: Batch, intent: Intent | None) -> set[int]:
        """The offsets of a batch's records that earlier attempts have written.

        They are dead letters, whatever they would be now: a schema may have come meanwhile.

        Raises:
            NotWritten: when Kafka does not give them.
        """
        if intent is None:
            return set()
        written = self.offsets_since(intent.ends, batch.topic, batch.partition)
        return written.intersection(record["offset"] for record in batch.raw)

    def write(
        self,
        batch: Batch,
        poisons: Mapping[int, Poison],
        *,
        already: set[int],
        intent: Intent | None,
        intend: Callable[[Intent], None],
    ) -> Intent | None:
        """Write each poison of a batch once, whatever earlier attempts at it wrote; the intent that then stands.

        Args:
            batch: The records that are not loaded yet.
            poisons: Why a record cannot be loaded, by its place in the batch.
            already: Offsets that are there (`already`).
            intent: Of an attempt that did not come to its end.
            intend: Says in the ledger what is about to be written.

        Raises:
            NotWritten: when Kafka does not take a record.
            Overtaken: when another attempt is at the same batch.
        """
        letters = [(batch.record(place), poisons[place]) for place in sorted(poisons)]
        letters = [(record, poison) for record, poison in letters if record.offset not in already]
        if not letters:
            return intent
        through = max(letters[-1][0].offset, intent.through if intent else 0)
        stands = Intent(ends=intent.ends if intent else self.ends(), through=through)
        if stands != intent:
            intend(stands)
        self.send(letters)
        return stands

    def ends(self) -> dict[int, int]:
        """Where each partition of the topic ends.

        Raises:
            NotWritten: when Kafka does not tell.
        """
        return {partition: high for partition, (_, high) in self.bounds().items()}

    def bounds(self) -> dict[int, tuple[int, int]]:
        """The first offset that is there, and where it ends, of each partition of the topic.

        Raises:
            NotWritten: when Kafka does not tell.
        """
        consumer = self._consumer()
        try:
            return {partition: self._bounds(consumer, partition) for partition in self._partitions(consumer)}
        except KafkaException as error:
            raise NotWritten(f"{self._topic}: its end cannot be read: {error}") from error
        finally:
            consumer.close()

    def written_at(self, partition: int, offset: int) -> float | None:
        """When a record of the topic of dead letters was written, in seconds since 1970; None when it is gone.

        Raises:
            NotWritten: when Kafka does not give it.
        """
        consumer = self._consumer()
        try:
            consumer.assign([TopicPartition(self._topic, partition, offset)])
            message = consumer.poll(_SECONDS)
        except KafkaException as error:
            raise NotWritten(f"{self._topic}: it cannot be read: {error}") from error
        finally:
            consumer.close()
        if message is None:
            raise NotWritten(f"{self._topic}: it gave no record for {_SECONDS:.0f} seconds")
        fault = message.error()
        if fault is None:
            return float(message.timestamp()[1]) / 1000
        if fault.code() in _GONE:
            return None
        raise NotWritten(f"{self._topic}: it cannot be read: {fault}")

    def offsets_since(self, ends: Mapping[int, int], topic: str, partition: int) -> set[int]:
        """The offsets of a partition's records that are dead letters already.

        Args:
            ends: Where to begin, by partition of the topic of dead letters.
            topic: The records' topic.
            partition: The records' partition.

        Raises:
            NotWritten: when Kafka does not give them.
        """
        consumer = self._consumer()
        try:
            return self._found(consumer, ends, (topic, str(partition)))
        except KafkaException as error:
            raise NotWritten(f"{self._topic}: it cannot be read: {error}") from error
        finally:
            consumer.close()

    def send(self, letters: Sequence[tuple[Record, Poison]]) -> None:
        """Write records; all are there, on as many brokers as the topic wants, when it returns.

        Raises:
            NotWritten: when one is not.
        """
        if not letters:
            return
        failed: list[str] = []

        def delivered(error: Any, _: object) -> None:
            if error is not None:
                failed.append(str(error))

        producer = Producer(
            {
                **self._connection(),
                "enable.idempotence": True,
                "acks": "all",
                "message.max.bytes": _LARGEST,
                "delivery.timeout.ms": int(_SECONDS * 1000),
            }
        )
        producer.poll(0)  # the first token is asked for by whoever polls
        try:
            for record, poison in letters:
                self._produce(producer, record, poison, delivered)
            left = producer.flush(_SECONDS)
        except KafkaException as error:
            producer.purge()
            raise NotWritten(f"{self._topic}: {error}") from error
        if left or failed:
            # What waits must not be sent after the next attempt has looked.
            producer.purge()
            raise NotWritten(
                f"{self._topic} did not take {left + len(failed)} of {len(letters)} dead letters: "
                f"{failed[0] if failed else 'no answer'}"
            )

    def _produce(
        self, producer: Producer, record: Record, poison: Poison, delivered: Callable[[Any, object], None]
    ) -> None:
        said = headers_of(record, poison, self._loader)
        headers: list[tuple[str, str | bytes | None]] = [*record.headers, *said]
        while True:
            try:
                producer.produce(
                    self._topic, key=record.key, value=record.value, headers=headers, on_delivery=delivered
                )
            except BufferError:
                producer.poll(_QUEUE_FULL_SECONDS)
            else:
                return

    def _consumer(self) -> Consumer:
        return Consumer(
            {
                **self._connection(),
                "group.id": self._group,
                "enable.auto.commit": False,
                "enable.partition.eof": False,
                "fetch.message.max.bytes": _LARGEST,
                "auto.offset.reset": "error",
            }
        )

    def _partitions(self, consumer: Consumer) -> list[int]:
        consumer.poll(0)  # the first token is asked for by whoever polls
        return sorted(consumer.list_topics(self._topic, timeout=_SECONDS).topics[self._topic].partitions)

    def _bounds(self, consumer: Consumer, partition: int) -> tuple[int, int]:
        low, high = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=_SECONDS)
        return low, high

    def _found(self, consumer: Consumer, ends: Mapping[int, int], of: tuple[str, str]) -> set[int]:
        open_until: dict[int, int] = {}
        starts = []
        for partition in self._partitions(consumer):
            low, high = self._bounds(consumer, partition)
            start = max(low, ends.get(partition, low))
            if start < high:
                open_until[partition] = high
                starts.append(TopicPartition(self._topic, partition, start))
        consumer.assign(starts)
        found: set[int] = set()
        waited = 0.0
        while open_until:
            message = consumer.poll(_POLL_SECONDS)
            if message is None:
                waited += _POLL_SECONDS
                if waited >= _SECONDS:
                    raise NotWritten(f"{self._topic}: it gave no record for {_SECONDS:.0f} seconds")
                continue
            if message.error():
                raise KafkaException(message.error())
            waited = 0.0
            headers = _headers(message)
            # Who else reads the topic leaves letters here, too, and they say nothing about what was loaded.
            ours = _function(_text(headers.get(LOADER))) == _function(self._loader)
            if ours and (_text(headers.get(TOPIC)), _text(headers.get(PARTITION))) == of:
                found.add(int(_text(headers.get(OFFSET))))
            at, offset = message.partition() or 0, message.offset() or 0
            if offset + 1 >= open_until.get(at, 0):
                open_until.pop(at, None)
        return found


def headers_of(record: Record, poison: Poison, loader: str) -> list[tuple[str, bytes]]:
    """What stands beside a dead letter, as text in UTF-8.

    Args:
        record: The record.
        poison: Why it cannot be loaded.
        loader: The function and its version.
    """
    told = {
        "dp.error.class": poison.error_class,
        "dp.error.reason": poison.reason,
        "dp.error.column": poison.column,
        TOPIC: record.topic,
        PARTITION: str(record.partition),
        OFFSET: str(record.offset),
        "dp.timestamp": str(record.timestamp),
        "dp.schema.version": poison.schema_version,
        "dp.failed.at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
        LOADER: loader,
    }
    return [(name, value.encode()) for name, value in told.items() if value or name == "dp.error.column"]


def _function(loader: str) -> str:
    """Without its version, which a deployment between two attempts changes."""
    return loader.rpartition(":")[0]


def _headers(message: Message) -> dict[str, str | bytes | None]:
    """The headers by name; of those of one name the last, which is ours."""
    found: Any = message.headers() or []
    return dict(found)


def _text(value: str | bytes | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value or ""
