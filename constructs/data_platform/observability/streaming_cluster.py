"""A Kafka cluster as its alarms see it: its brokers, its storage, and who reads from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Broker = Literal["express", "standard", "serverless"]
# Whose names MSK makes figures of: it drops those of a group that is not ASCII, without a word.
_UNSEEN = (
    "{where}: the consumer group {group!r} is not ASCII, so MSK reports no lag of it. Mend: rename the group."
)


class UnseenConsumerError(ValueError):
    """MSK would report nothing about a consumer group, or about a whole cluster."""


@dataclass(frozen=True, kw_only=True)
class WatchedConsumer:
    """A consumer group on one topic.

    Args:
        dataset: Names its alarms.
        topic: The topic.
        group: The consumer group.
        owner: Who mends when it lags.

    Raises:
        UnseenConsumerError: when MSK would report no lag of the group.

    Example:
        >>> WatchedConsumer(dataset="orders", topic="retail.orders.v1", group="lädt", owner="retail")
        Traceback (most recent call last):
        ...
        data_platform.observability.streaming_cluster.UnseenConsumerError: orders: the consumer group 'lädt' is not \
ASCII, so MSK reports no lag of it. Mend: rename the group.
    """

    dataset: str
    topic: str
    group: str
    owner: str

    def __post_init__(self) -> None:
        """Refuse a group that MSK does not report on."""
        if not self.group.isascii():
            raise UnseenConsumerError(_UNSEEN.format(where=self.dataset, group=self.group))


@dataclass(frozen=True, kw_only=True)
class WatchedCluster:
    """What the alarms of a cluster look at.

    Args:
        name: Name of the cluster; starts the name of each alarm.
        broker: `express`, `standard` or `serverless`.
        brokers: Number of brokers, 0 for Serverless.
        storage_gib: Express: the storage of the cluster from which on somebody is told.
        consumers: Who reads.
        lag_seconds: Seconds of lag that page; a third of them is a ticket.
        lag_records: Records of lag that page, the same.
        silence: Whether somebody is told when it reports nothing.

    Raises:
        UnseenConsumerError: for a Serverless cluster from which nobody reads: lag is all that is worth an alarm there.

    Example:
        >>> cluster = WatchedCluster(name="dp-dev-retail-stream", broker="express", brokers=3, storage_gib=1024,
        ...                          consumers=(), lag_seconds=900, lag_records=1_000_000)
        >>> list(cluster.broker_ids)
        ['1', '2', '3']
    """

    name: str
    broker: Broker
    brokers: int
    consumers: tuple[WatchedConsumer, ...]
    lag_seconds: int
    lag_records: int
    storage_gib: int = 0
    silence: bool = True

    def __post_init__(self) -> None:
        """Refuse a cluster of which there is nothing to watch."""
        if not self.brokers and not self.consumers:
            raise UnseenConsumerError(
                f"{self.name}: it has neither brokers nor consumers, so there is nothing to watch. "
                "Mend: name who reads."
            )

    @property
    def broker_ids(self) -> tuple[str, ...]:
        """Ids that MSK gives to brokers: from 1 on."""
        return tuple(str(number) for number in range(1, self.brokers + 1))
