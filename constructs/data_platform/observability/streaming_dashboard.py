"""A cluster's row of a dashboard: how far consumers are behind, how busy brokers are and how much comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.streaming_rules import IDLE, cluster_rules
from data_platform.observability.widgets import GRAPH_HEIGHT, TITLE_HEIGHT, Graph, alarm_lines, graphs, title

if TYPE_CHECKING:
    from data_platform.observability.streaming_cluster import WatchedCluster

ROW_HEIGHT = TITLE_HEIGHT + GRAPH_HEIGHT
_NAMESPACE, _CLUSTER = "AWS/Kafka", "Cluster Name"


def cluster_row(cluster: WatchedCluster, *, top: int, region: str) -> list[dict[str, Any]]:
    """The widgets of a cluster, `ROW_HEIGHT` units high.

    Args:
        cluster: Whose row it is.
        top: Units above the row.
        region: Region of the figures.

    Example:
        >>> from data_platform.observability.streaming_cluster import WatchedCluster
        >>> cluster = WatchedCluster(name="dp-dev-retail-stream", broker="express", brokers=3, storage_gib=1024,
        ...                          consumers=(), lag_seconds=900, lag_records=1_000_000)
        >>> [widget["type"] for widget in cluster_row(cluster, top=18, region="ap-southeast-2")]
        ['text', 'metric', 'metric', 'metric', 'metric']
    """
    says = (
        f"**{cluster.name}**: Kafka, {cluster.broker}"
        f"{f', {cluster.brokers} brokers' if cluster.brokers else ''}. Alarms: `{cluster.name}-…`, docs/streaming.md"
    )
    return [title(says, top=top), *graphs(_graphs(cluster), top=top + TITLE_HEIGHT, region=region)]


def _graphs(cluster: WatchedCluster) -> list[Graph]:
    own = [_CLUSTER, cluster.name]
    lagging = [
        ["Consumer Group", consumer.group, *own, "Topic", consumer.topic] for consumer in cluster.consumers
    ]
    arriving = [[*own, "Topic", consumer.topic] for consumer in cluster.consumers]
    busy = [[*own, "Broker ID", broker] for broker in cluster.broker_ids]
    thresholds = {rule.name: rule.threshold for rule in cluster_rules(cluster)}

    def lines(suffix: str) -> list[dict[str, Any]]:
        """The thresholds of the first consumer; they are the same for all."""
        first = cluster.consumers[0].dataset if cluster.consumers else ""
        found = [(word, thresholds.get(f"{first}-{suffix}-{word}")) for word in ("high", "critical")]
        return alarm_lines([(f"{suffix}-{word}", value) for word, value in found if value is not None])

    shown = [
        Graph(
            title="Seconds behind",
            statistic="Maximum",
            metrics=_metrics("EstimatedMaxTimeLag", lagging),
            lines=lines("lag"),
        ),
        Graph(
            title="Records behind",
            statistic="Maximum",
            metrics=_metrics("SumOffsetLag", lagging),
            lines=lines("backlog"),
        ),
        Graph(title="Bytes in a second", statistic="Average", metrics=_metrics("BytesInPerSec", arriving)),
    ]
    if busy:
        levels: list[tuple[str, float]] = [("cpu-high", IDLE["ticket"]), ("cpu-critical", IDLE["page"])]
        idle = _metrics("CpuIdle", busy)
        shown.append(
            Graph(title="Processors idle, %", statistic="Average", metrics=idle, lines=alarm_lines(levels))
        )
    return shown


def _metrics(metric: str, dimensions: list[list[str]]) -> list[list[str]]:
    return [[_NAMESPACE, metric, *each] for each in dimensions]
