"""Who is told of a domain's cluster, and from which of its settings the thresholds follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.observability import StreamingAlarms, WatchedCluster, WatchedConsumer, WatchedLoader
from stacks.streaming_capture import HEARTBEATS
from stacks.streaming_names import cluster_name, loader, loader_group, streams_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment

_DAY_SECONDS = 86_400


def watched_cluster(domain: Domain, naming: Naming, environment: Environment) -> WatchedCluster | None:
    """A domain's cluster as its alarms and its row of the dashboard see it; None where there is none.

    Args:
        domain: The domain and its contracts.
        naming: Physical names.
        environment: Where it stands; it says whether somebody answers when nothing is heard.
    """
    settings = environment.streaming
    if not settings.on or not streams_here(domain):
        return None
    return WatchedCluster(
        name=cluster_name(naming),
        broker=settings.broker,
        brokers=settings.brokers or 0,
        storage_gib=(settings.most_storage_gib or 0) if settings.broker == "express" else 0,
        consumers=tuple(
            WatchedConsumer(
                dataset=dataset.name,
                topic=stream.topic,
                group=loader_group(stream),
                owner=dataset.owner,
            )
            for dataset, stream in streams_here(domain)
        ),
        lag_seconds=settings.lag_seconds,
        lag_records=settings.lag_records,
        silence=environment.recovery.watched,
    )


def watched_loaders(domain: Domain, naming: Naming, environment: Environment) -> tuple[WatchedLoader, ...]:
    """The loaders of a domain's streams as their alarms and their row of the dashboard see them; none where it is off.

    Args:
        domain: The domain and its contracts.
        naming: Physical names.
        environment: Where they stand.
    """
    if not environment.streaming.on:
        return ()
    return tuple(
        WatchedLoader(
            dataset=dataset.name,
            domain=naming.domain,
            function=naming.function(loader(dataset)),
            owner=dataset.owner,
            # Seen in a day, and long before the retention of dead letters takes it.
            letter_seconds=min(_DAY_SECONDS, stream.dead_letter_retention_ms // (4 * 1000)),
            heartbeat=dataset.name == HEARTBEATS,
        )
        for dataset, stream in streams_here(domain)
    )


def watch_cluster(
    scope: Construct,
    cluster: WatchedCluster,
    environment: Environment,
    *,
    topics: Mapping[str, sns.ITopic],
) -> StreamingAlarms:
    """Alarms of a cluster.

    Args:
        scope: The stack of the cluster.
        cluster: What is watched.
        environment: Where it stands.
        topics: Who is told, by severity.
    """
    return StreamingAlarms(scope, "Alarms", cluster=cluster, owner=environment.alarms.owner, topics=topics)
