"""What Kafka holds of a topic beyond what is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream_loader.kafka_login import NoBrokers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LOG = Logger()
_SECONDS = 5.0
_SILENT = (KafkaException, NoBrokers, ClientError, BotoCoreError)


class Backlog:
    """Tells whether more of a topic comes; its connection is kept between the calls of a function.

    Args:
        connection: Gives a client's settings (`kafka_login.settings`).
        topic: The topic.
        group: The group that the loader may read in; nothing is committed in it.
    """

    def __init__(self, connection: Callable[[], Mapping[str, Any]], *, topic: str, group: str) -> None:
        self._connection, self._topic, self._group = connection, topic, group
        self._consumer: Consumer | None = None

    def holds_more(self, offsets: Mapping[int, int]) -> bool:
        """Whether each of these partitions has records from its offset on, so that Lambda calls again for it.

        Where Kafka does not tell, it is said that none has.

        Args:
            offsets: The next offset by partition.
        """
        try:
            return all(self._end(partition) > offset for partition, offset in offsets.items())
        except _SILENT as error:
            _LOG.warning("Kafka does not tell where the topic ends", extra={"reason": str(error)})
            self._close()
            return False

    def _end(self, partition: int) -> int:
        if self._consumer is None:
            settings = {"group.id": self._group, "enable.auto.commit": False}
            self._consumer = Consumer({**self._connection(), **settings})
        self._consumer.poll(0)  # tokens are asked for by whoever polls
        _, end = self._consumer.get_watermark_offsets(
            TopicPartition(self._topic, partition), timeout=_SECONDS
        )
        return end

    def _close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()
