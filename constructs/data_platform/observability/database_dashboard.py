"""A database's row of a dashboard: how busy, how full and how slow it is, each with the lines at which alarms ring."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.database_rules import database_rules

if TYPE_CHECKING:
    from data_platform.observability.watched_database import WatchedDatabase

# A dashboard is 24 units wide.
_QUARTER, ROW_HEIGHT, _TITLE_HEIGHT = 6, 7, 1
_RED, _ORANGE = "#d62728", "#ff7f0e"
# Title, metrics of the instance, statistic, and the rules whose thresholds are lines.
_WIDGETS: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    ("Processors, %", ("CPUUtilization",), "Average", ("cpu-high", "cpu-critical")),
    ("Connections", ("DatabaseConnections",), "Maximum", ("connections-high", "connections-critical")),
    ("Free storage, bytes", ("FreeStorageSpace",), "Minimum", ("storage-low", "storage-critical")),
    (
        "Seconds a read, a write",
        ("ReadLatency", "WriteLatency"),
        "Average",
        ("read-latency-high", "read-latency-critical"),
    ),
)


def database_row(database: WatchedDatabase, *, top: int, region: str) -> list[dict[str, Any]]:
    """The widgets of a database, `ROW_HEIGHT` units high.

    Args:
        database: Whose row it is.
        top: Units above the row.
        region: Region of the figures.

    Example:
        >>> from data_platform.observability.watched_database import WatchedDatabase
        >>> shop = WatchedDatabase(instance="dp-dev-retail-shop", engine="postgres", instance_class="db.t4g.medium",
        ...                        storage_gib=20)
        >>> [widget["type"] for widget in database_row(shop, top=18, region="ap-southeast-2")]
        ['text', 'metric', 'metric', 'metric', 'metric']
    """
    rules = {rule.name: rule for rule in database_rules(database)}
    says = (
        f"**{database.instance}**: {database.engine}, {database.instance_class}, {database.storage_gib} GiB, "
        f"{database.most_connections} connections. Alarms: `{database.instance}-…`, docs/database-alarms.md"
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
                    "metrics": [
                        ["AWS/RDS", metric, "DBInstanceIdentifier", database.instance] for metric in metrics
                    ],
                    "annotations": {
                        "horizontal": [
                            {"label": line, "value": rules[line].threshold, "color": color}
                            for line, color in zip(lines, (_ORANGE, _RED), strict=True)
                        ]
                    },
                },
            }
            for place, (name, metrics, statistic, lines) in enumerate(_WIDGETS)
        ),
    ]
