"""A cluster's row of a dashboard: how far consumers are behind, how busy brokers are and how much comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.streaming_rules import IDLE, cluster_rules

if TYPE_CHECKING:
    from data_platform.observability.streaming_cluster import WatchedCluster

# A dashboard is 24 units wide.
_QUARTER, ROW_HEIGHT, _TITLE_HEIGHT = 6, 7, 1
_RED, _ORANGE = "#d62728", "#ff7f0e"
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
    title = {
        "type": "text",
        "x": 0,
        "y": top,
        "width": 4 * _QUARTER,
        "height": _TITLE_HEIGHT,
        "properties": {"markdown": says},
    }
    return [
        title,
        *(
            {
                "type": "metric",
                "x": _QUARTER * place,
                "y": top + _TITLE_HEIGHT,
                "width": _QUARTER,
                "height": ROW_HEIGHT - _TITLE_HEIGHT,
                "properties": {
                    "title": name,
                    "region": region,
                    "stat": statistic,
                    "period": 60,
                    "view": "timeSeries",
                    "stacked": False,
                    "metrics": metrics,
                    "annotations": {"horizontal": lines},
                },
            }
            for place, (name, statistic, metrics, lines) in enumerate(_widgets(cluster))
        ),
    ]


def _widgets(cluster: WatchedCluster) -> list[tuple[str, str, list[list[str]], list[dict[str, Any]]]]:
    """Title, statistic, metrics and the lines at which alarms ring."""
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
        return _lines([(f"{suffix}-{word}", value) for word, value in found if value is not None])

    widgets = [
        ("Seconds behind", "Maximum", _metrics("EstimatedMaxTimeLag", lagging), lines("lag")),
        ("Records behind", "Maximum", _metrics("SumOffsetLag", lagging), lines("backlog")),
        ("Bytes in a second", "Average", _metrics("BytesInPerSec", arriving), []),
    ]
    if busy:
        levels: list[tuple[str, float]] = [("cpu-high", IDLE["ticket"]), ("cpu-critical", IDLE["page"])]
        widgets.append(("Processors idle, %", "Average", _metrics("CpuIdle", busy), _lines(levels)))
    return widgets


def _metrics(metric: str, dimensions: list[list[str]]) -> list[list[str]]:
    return [[_NAMESPACE, metric, *each] for each in dimensions]


def _lines(levels: list[tuple[str, float]]) -> list[dict[str, Any]]:
    return [
        {"label": label, "value": value, "color": color}
        for (label, value), color in zip(levels, (_ORANGE, _RED), strict=False)
    ]
