"""Rows of a dashboard: a line that says whose figures follow, and up to four graphs beside each other below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# A dashboard is 24 units wide.
_QUARTER = 6
TITLE_HEIGHT, GRAPH_HEIGHT = 1, 6
_RED, _ORANGE = "#d62728", "#ff7f0e"


@dataclass(frozen=True, kw_only=True)
class Graph:
    """A graph over time, a minute a point.

    Args:
        title: What it shows, with its unit.
        statistic: Of metrics that say none of their own.
        metrics: As CloudWatch's dashboards write them.
        lines: Horizontal lines: `alarm_lines`.
        period_seconds: Of one point.
    """

    title: str
    statistic: str
    metrics: Sequence[Sequence[Any]]
    lines: Sequence[dict[str, Any]] = ()
    period_seconds: int = 60


def title(markdown: str, *, top: int) -> dict[str, Any]:
    """The line above a row.

    Args:
        markdown: What it says.
        top: Units above it.

    Example:
        >>> title("**orders**", top=3)["width"]
        24
    """
    return {
        "type": "text",
        "x": 0,
        "y": top,
        "width": 4 * _QUARTER,
        "height": TITLE_HEIGHT,
        "properties": {"markdown": markdown},
    }


def graphs(shown: Sequence[Graph], *, top: int, region: str) -> list[dict[str, Any]]:
    """Graphs, four in a row.

    Args:
        shown: The graphs.
        top: Units above the first row.
        region: Region of the figures.

    Example:
        >>> graph = Graph(title="Rows", statistic="Sum", metrics=[["DataPlatform", "Rows"]])
        >>> [(each["x"], each["y"]) for each in graphs([graph] * 5, top=1, region="ap-southeast-2")]
        [(0, 1), (6, 1), (12, 1), (18, 1), (0, 7)]
    """
    return [
        {
            "type": "metric",
            "x": _QUARTER * (place % 4),
            "y": top + GRAPH_HEIGHT * (place // 4),
            "width": _QUARTER,
            "height": GRAPH_HEIGHT,
            "properties": {
                "title": graph.title,
                "region": region,
                "stat": graph.statistic,
                "period": graph.period_seconds,
                "view": "timeSeries",
                "stacked": False,
                "metrics": [list(metric) for metric in graph.metrics],
                "annotations": {"horizontal": list(graph.lines)},
            },
        }
        for place, graph in enumerate(shown)
    ]


def alarm_lines(levels: Sequence[tuple[str, float]]) -> list[dict[str, Any]]:
    """Lines where alarms ring: of the first orange, of the second red.

    Args:
        levels: Name of the alarm and its threshold.

    Example:
        >>> alarm_lines([("lag-high", 300)])
        [{'label': 'lag-high', 'value': 300, 'color': '#ff7f0e'}]
    """
    return [
        {"label": label, "value": value, "color": color}
        for (label, value), color in zip(levels, (_ORANGE, _RED), strict=False)
    ]
