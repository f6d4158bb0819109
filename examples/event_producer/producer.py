"""Sends rows to a topic; a row is sent when the brokers have said so, and not before."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from confluent_kafka import Producer

from event_producer.avro_encoder import AvroEncoder
from event_producer.frame import framed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from event_producer.subjects import Subjects

KEY = ".key"  # ends the subject of a topic's keys
_QUEUE_FULL_SECONDS = 0.1


class NotAcknowledged(Exception):
    """Rows of which the brokers have not said that they have them: send them again, their ids tell them apart."""


@dataclass(kw_only=True)
class Receipt:
    """What became of a row.

    Args:
        row: The row.
        partition: Where it is; None until the brokers have said so.
        offset: The same.
        fault: Why it is not there, once that is known.
    """

    row: Mapping[str, Any]
    partition: int | None = None
    offset: int | None = None
    fault: str = ""

    @property
    def acknowledged(self) -> bool:
        """Whether as many brokers as the topic wants have it."""
        return self.offset is not None


class EventProducer:
    """A producer of one topic's events.

    It is idempotent: what it sends again by itself, after a broker was gone, is in the topic once and in order. A
    producer that is killed knows nothing any more, so its successor sends again what has no receipt; the loader inserts
    an event whose primary key is there already no second time. So an event's key must follow from the event.

    Args:
        topic: The topic: `<domain>.<dataset>.v<major>`.
        subjects: The registry of its schemas.
        connection: Settings of a client (`iam_connection`).
        compressed: Whether values are sent as zlib.
        seconds: For which a row is tried.

    Raises:
        UnusableSubject: when the registry has no schema of the topic or of its keys.

    Example:
        with EventProducer(topic, Subjects(glue, registry), iam_connection(kafka, cluster)) as producer:
            producer.send({"request_id": "...", ...})
    """

    def __init__(
        self,
        topic: str,
        subjects: Subjects,
        connection: Mapping[str, Any],
        *,
        compressed: bool = False,
        seconds: float = 120.0,
    ) -> None:
        self.topic, self._compressed, self._seconds = topic, compressed, seconds
        self._value, self._key = subjects.subject(topic), subjects.subject(topic + KEY)
        self._value_encoder = _encoder(self._value.format, self._value.definition)
        self._key_encoder = _encoder(self._key.format, self._key.definition)
        self._open: set[int] = set()
        self._failed: list[Receipt] = []
        self._producer = Producer(
            {
                **connection,
                "enable.idempotence": True,
                "acks": "all",
                "delivery.timeout.ms": int(seconds * 1000),
                "linger.ms": 5,
                "message.max.bytes": 2 << 20,
                # As Kafka's own producers choose a key's partition: all who send to a topic must agree.
                "partitioner": "murmur2_random",
            }
        )
        self._producer.poll(0)  # the first token is asked for by whoever polls

    def send(self, row: Mapping[str, Any], *, headers: Mapping[str, str] | None = None) -> Receipt:
        """Hand a row over; its receipt tells later what became of it.

        Args:
            row: Values by column (`AvroEncoder.encode`); the key is made of the contract's key columns.
            headers: Headers of the record.

        Raises:
            Misfit: when the schema does not take it; nothing is sent.
            NotAcknowledged: when the queue stays full because no broker takes anything.
        """
        value = framed(self._value.version_id, self._value_encoder.encode(row), compressed=self._compressed)
        named = {name: row.get(name) for name in self._key_encoder.columns}
        key = framed(self._key.version_id, self._key_encoder.encode(named))
        receipt = Receipt(row=row)
        listed: list[tuple[str, str | bytes | None]] = list((headers or {}).items())
        until = time.monotonic() + self._seconds
        while True:
            try:
                self._producer.produce(
                    self.topic, key=key, value=value, headers=listed, on_delivery=self._told(receipt)
                )
            except BufferError:
                if time.monotonic() > until:
                    raise NotAcknowledged(
                        f"{self.topic}: no broker takes anything; try again later"
                    ) from None
                self._producer.poll(_QUEUE_FULL_SECONDS)
            else:
                self._open.add(id(receipt))
                self._producer.poll(0)
                return receipt

    def flush(self) -> None:
        """Wait until the brokers have spoken about every row; all of them are there when it returns.

        Raises:
            NotAcknowledged: when one is not; its receipt says why.
        """
        self._producer.flush(self._seconds + 1)
        failed, self._failed = self._failed, []
        if failed or self._open:
            why = failed[0].fault if failed else "no answer"
            lost = len(failed) + len(self._open)
            raise NotAcknowledged(f"{self.topic}: {lost} rows are not acknowledged: {why}")

    def close(self) -> None:
        """Flush; what is still waiting after that is not sent any more.

        Raises:
            NotAcknowledged: as `flush` does.
        """
        try:
            self.flush()
        finally:
            self._producer.purge()
            self._producer.poll(0)

    def __enter__(self) -> Self:
        """The producer itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _told(self, receipt: Receipt) -> Any:
        def told(error: Any, message: Any) -> None:
            self._open.discard(id(receipt))
            if error is None:
                receipt.partition, receipt.offset = message.partition(), message.offset()
            else:
                receipt.fault = str(error)
                self._failed.append(receipt)

        return told


def _encoder(data_format: str, definition: str) -> Any:
    if data_format == "AVRO":
        return AvroEncoder(definition)
    # protoc comes with it; who sends Avro need not have it.
    from event_producer.protobuf_encoder import ProtobufEncoder  # noqa: PLC0415

    return ProtobufEncoder(definition)
