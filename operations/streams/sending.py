"""Sends records by an idempotent producer, at a rate, and knows of each whether the brokers have it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from operations.streams.records import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from operations.streams.letters import Resent
    from operations.streams.marks import Place

# What is not acknowledged by then never will be sent: far less than the lease of marks.LEASE_SECONDS.
DELIVERY_SECONDS = 30
_FULL_SECONDS = 0.1
_LAST_SECONDS = 5


class Sender:
    """A producer to one topic.

    Args:
        settings: Gives a client's settings.
        topic: The topic.
        rate: Records a second.
        sleep: Waits for seconds.

    Attributes:
        uncertain: Whether something was given up that the brokers may have yet.
    """

    uncertain: bool

    def __init__(
        self, settings: Callable[[], Mapping[str, Any]], *, topic: str, rate: float, sleep: Any = time.sleep
    ) -> None:
        self._settings, self._topic, self._rate, self._sleep = settings, topic, rate, sleep
        self._next = 0.0
        self.uncertain = False
        self._producer: Any = None

    def send(
        self, records: Sequence[Resent], *, until: float
    ) -> tuple[dict[Place, tuple[int, int]], dict[Place, str]]:
        """Send a chunk; where each acknowledged record is now (partition, offset), and why others are not.

        Args:
            records: The chunk.
            until: By time.monotonic(): later nothing is begun.
        """
        sent: dict[Place, tuple[int, int]] = {}
        failed: dict[Place, str] = {}

        def told(place: Place) -> Callable[[Any, Any], None]:
            def delivered(error: Any, message: Any) -> None:
                if error is None:
                    sent[place] = (message.partition(), message.offset())
                else:
                    failed[place] = str(error)
                    self.uncertain |= error.code() in _unknown_fates()

            return delivered

        producer = self._open()
        try:
            for record in records:
                self._pace(producer)
                if time.monotonic() >= until:
                    failed[record.place] = "this machine stood still for too long"
                    continue
                self._produce(producer, record, told(record.place), failed)
            producer.flush(DELIVERY_SECONDS + _LAST_SECONDS)
        finally:
            # After an interruption too: what is sent is waited for, and what waits must not be sent later.
            if producer.flush(_LAST_SECONDS):
                producer.purge()
                self.uncertain = True
                self._producer = None
        for record in records:
            if record.place not in sent:
                failed.setdefault(record.place, "no answer")
        return sent, failed

    def _open(self) -> Any:
        if self._producer is None:
            from confluent_kafka import Producer

            self._producer = Producer(
                {
                    **self._settings(),
                    "enable.idempotence": True,
                    "acks": "all",
                    "message.max.bytes": LARGEST,
                    "partitioner": "murmur2_random",  # that of Kafka's own clients
                    "delivery.timeout.ms": DELIVERY_SECONDS * 1000,
                }
            )
            self._producer.poll(0)  # the first token is asked for by whoever polls
        return self._producer

    def _pace(self, producer: Any) -> None:
        now = time.monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self._rate
        producer.poll(0)

    def _produce(
        self,
        producer: Any,
        record: Resent,
        delivered: Callable[[Any, Any], None],
        failed: dict[Place, str],
    ) -> None:
        from confluent_kafka import KafkaException

        where = {} if record.partition is None else {"partition": record.partition}
        while True:
            try:
                producer.produce(
                    self._topic,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    on_delivery=delivered,
                    **where,
                )
            except BufferError:
                producer.poll(_FULL_SECONDS)
            except KafkaException as error:
                failed[record.place] = str(error)
                return
            else:
                return


def _unknown_fates() -> tuple[int, ...]:
    """Errors after which a record may be in the topic all the same."""
    from confluent_kafka import KafkaError

    return (KafkaError._MSG_TIMED_OUT, KafkaError._PURGE_INFLIGHT)  # noqa: SLF001 - their public names
