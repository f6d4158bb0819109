"""The alarms of a Kafka cluster as a table, from what MSK itself reports.

What silence means: gauges keep the state that they had (`ignore`), for a broker that died is not well again and a
consumer that is gone has not caught up; the one alarm that takes silence for a fault says once that nothing is heard.

A rule of severity `page` does not page by itself: the cluster's composite alarm does, once for all of them.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html and metrics-details-express.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.database_gauge import ONE_MINUTE, level
from data_platform.observability.rules import FIVE_MINUTES, AlarmRule

if TYPE_CHECKING:
    from data_platform.observability.rules import Severity
    from data_platform.observability.streaming_cluster import WatchedCluster, WatchedConsumer

# Percent of its processors' time in which a broker does nothing: a third of the brokers may be gone at any time, and
# the others carry their load. AWS asks for at most 60 % busy.
IDLE = {"ticket": 40, "page": 15}
# Average milliseconds for which a request is held back.
THROTTLED_MILLISECONDS = 10
# Percent of a Standard broker's volume; from 85 on AWS says that it soon stops.
DISK = {"ticket": 75, "page": 85}
# A ticket comes at this part of the lag that pages.
_EARLY = 3
_BOTH: tuple[Severity, ...] = ("ticket", "page")
_GIB = 1024**3


def cluster_rules(cluster: WatchedCluster) -> tuple[AlarmRule, ...]:
    """Every alarm of a cluster: of brokers where there are some, and of who reads.

    Example:
        >>> from data_platform.observability.streaming_cluster import WatchedCluster, WatchedConsumer
        >>> consumer = WatchedConsumer(dataset="orders", topic="retail.orders.v1", group="retail.orders.v1.loader",
        ...                            owner="retail-data")
        >>> serverless = WatchedCluster(name="c", broker="serverless", brokers=0, consumers=(consumer,),
        ...                             lag_seconds=900, lag_records=1_000_000)
        >>> [(rule.name, rule.threshold) for rule in cluster_rules(serverless)]
        [('orders-lag-high', 300), ('orders-lag-critical', 900), ('orders-backlog-high', 333333), \
('orders-backlog-critical', 1000000)]
    """
    lag = (
        rule(cluster, consumer, severity)
        for consumer in cluster.consumers
        for rule in (_lag, _backlog)
        for severity in _BOTH
    )
    if cluster.broker == "serverless":
        return tuple(lag)
    return (
        *(_cpu(cluster, broker, severity) for broker in cluster.broker_ids for severity in _BOTH),
        *(_throttled(cluster, broker, way) for broker in cluster.broker_ids for way in ("Produce", "Fetch")),
        _controller(cluster),
        *(_own_disks(cluster) if cluster.broker == "standard" else (_storage(cluster),)),
        *_silence(cluster),
        *lag,
    )


def _gauge(
    cluster: WatchedCluster,
    name: str,
    metric: str,
    severity: Severity,
    *,
    of: dict[str, str] | None = None,
    **how: Any,
) -> AlarmRule:
    return AlarmRule(
        name=name,
        severity=severity,
        namespace="AWS/Kafka",
        metric=metric,
        dimensions={"Cluster Name": cluster.name, **(of or {})},
        **{"missing": "ignore", "period_seconds": ONE_MINUTE, **how},
    )


def _cpu(cluster: WatchedCluster, broker: str, severity: Severity) -> AlarmRule:
    return _gauge(
        cluster,
        f"broker-{broker}-cpu-{level(severity)}",
        "CpuIdle",
        severity,
        of={"Broker ID": broker},
        runbook="streaming-busy",
        symptom=f"The processors of broker {broker} are busy to {100 - IDLE[severity]} % and more for 15 minutes",
        statistic="Average",
        comparison="LessThanOrEqualToThreshold",
        threshold=IDLE[severity],
        periods=15,
    )


def _throttled(cluster: WatchedCluster, broker: str, way: str) -> AlarmRule:
    who = "write" if way == "Produce" else "read"
    return _gauge(
        cluster,
        f"broker-{broker}-{way.lower()}-throttled",
        f"{way}ThrottleTime",
        "ticket",
        of={"Broker ID": broker},
        runbook="streaming-throttled",
        symptom=f"Broker {broker} holds back who {who}s by {THROTTLED_MILLISECONDS} ms and more a request",
        statistic="Average",
        threshold=THROTTLED_MILLISECONDS,
        period_seconds=FIVE_MINUTES,
        periods=3,
    )


def _controller(cluster: WatchedCluster) -> AlarmRule:
    return _gauge(
        cluster,
        "controller-lost",
        "ActiveControllerCount",
        "page",
        runbook="streaming-controller",
        symptom="No controller is active: partitions whose leader is gone get no new one",
        statistic="Maximum",
        comparison="LessThanThreshold",
        threshold=1,
        periods=5,
    )


def _storage(cluster: WatchedCluster) -> AlarmRule:
    """Express never fills up, but it is paid by the byte."""
    return _gauge(
        cluster,
        "storage-high",
        "StorageUsed",
        "ticket",
        runbook="streaming-storage",
        symptom=f"Topics hold {cluster.storage_gib} GiB and more; somebody writes more than was thought",
        statistic="Maximum",
        threshold=cluster.storage_gib * _GIB,
        period_seconds=FIVE_MINUTES,
        periods=3,
    )


def _own_disks(cluster: WatchedCluster) -> tuple[AlarmRule, ...]:
    """What Standard brokers report beside: a full volume, partitions without a leader or with too few copies."""
    return (
        *(
            _gauge(
                cluster,
                f"broker-{broker}-storage-{level(severity)}",
                "KafkaDataLogsDiskUsed",
                severity,
                of={"Broker ID": broker},
                runbook="streaming-storage",
                symptom=f"{DISK[severity]} % of the volume of broker {broker} are used; a full broker stops",
                statistic="Maximum",
                threshold=DISK[severity],
                periods=5,
            )
            for broker in cluster.broker_ids
            for severity in _BOTH
        ),
        *(
            _gauge(
                cluster,
                f"broker-{broker}-partitions-behind",
                "UnderReplicatedPartitions",
                "ticket",
                of={"Broker ID": broker},
                runbook="streaming-controller",
                symptom=f"Partitions that broker {broker} leads have fewer copies than they should",
                statistic="Maximum",
                periods=15,
            )
            for broker in cluster.broker_ids
        ),
        _gauge(
            cluster,
            "partitions-offline",
            "OfflinePartitionsCount",
            "page",
            runbook="streaming-controller",
            symptom="Partitions have no leader: nobody can write to them or read them",
            statistic="Maximum",
            periods=3,
        ),
    )


def _silence(cluster: WatchedCluster) -> tuple[AlarmRule, ...]:
    if not cluster.silence:
        return ()
    return (
        _gauge(
            cluster,
            "silent",
            "ActiveControllerCount",
            "page",
            runbook="streaming-silent",
            symptom="It has reported nothing for a quarter of an hour: it is gone, or MSK does not see it",
            statistic="SampleCount",
            comparison="LessThanThreshold",
            threshold=1,
            period_seconds=FIVE_MINUTES,
            periods=3,
            missing="breaching",
        ),
    )


def _lag(cluster: WatchedCluster, consumer: WatchedConsumer, severity: Severity) -> AlarmRule:
    seconds = _at(cluster.lag_seconds, severity)
    return _gauge(
        cluster,
        f"{consumer.dataset}-lag-{level(severity)}",
        "EstimatedMaxTimeLag",
        severity,
        of=_of(consumer),
        runbook="streaming-lag",
        symptom=f"{consumer.group} is {seconds} seconds and more behind {consumer.topic} for 5 minutes",
        statistic="Maximum",
        threshold=seconds,
        periods=5,
        owner=consumer.owner,
    )


def _backlog(cluster: WatchedCluster, consumer: WatchedConsumer, severity: Severity) -> AlarmRule:
    records = _at(cluster.lag_records, severity)
    return _gauge(
        cluster,
        f"{consumer.dataset}-backlog-{level(severity)}",
        "SumOffsetLag",
        severity,
        of=_of(consumer),
        runbook="streaming-lag",
        symptom=f"{records} and more records of {consumer.topic} wait for {consumer.group} for 5 minutes",
        statistic="Maximum",
        threshold=records,
        periods=5,
        owner=consumer.owner,
    )


def _of(consumer: WatchedConsumer) -> dict[str, str]:
    """Never with a broker's id: MSK reports lag for the group as a whole, and an alarm with one would stay empty."""
    return {"Consumer Group": consumer.group, "Topic": consumer.topic}


def _at(pages: int, severity: Severity) -> int:
    return pages if severity == "page" else pages // _EARLY
