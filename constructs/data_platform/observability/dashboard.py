"""One screen a domain: did runs succeed, how many rows moved where, how long did it take, how are its sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from data_platform.observability.database_dashboard import ROW_HEIGHT, database_row
from data_platform.observability.loader_dashboard import loader_row
from data_platform.observability.streaming_dashboard import ROW_HEIGHT as CLUSTER_ROW_HEIGHT
from data_platform.observability.streaming_dashboard import cluster_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.observability.loader_rules import WatchedLoader
    from data_platform.observability.streaming_cluster import WatchedCluster
    from data_platform.observability.watched_database import WatchedDatabase

NAMESPACE = "DataPlatform"
ONE_DAY_SECONDS = 86_400
# A dashboard is 24 units wide.
_HALF, _HEIGHT = 12, 6


class DomainDashboard(Construct):
    """The dashboard of a domain.

    Args:
        scope: The construct that owns the dashboard.
        construct_id: Name within its scope.
        name: Public name.
        environment: Dimension of the figures.
        domain: Dimension of the figures.
        datasets: Datasets, a line each.
        region: Region of the figures.
        databases: The databases that its datasets come from, a row each.
        cluster: The cluster of its streams, a row.
        loaders: What loads its streams into the lake, two rows below the cluster's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        environment: str,
        domain: str,
        datasets: Sequence[str],
        region: str,
        databases: Sequence[WatchedDatabase] = (),
        cluster: WatchedCluster | None = None,
        loaders: Sequence[WatchedLoader] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        own = ["Environment", environment, "Domain", domain]

        def lines(metric: str) -> list[list[str]]:
            return [[NAMESPACE, metric, *own, "Dataset", dataset] for dataset in datasets]

        widgets = [
            _widget(0, "Runs a day", region, [[NAMESPACE, m, *own] for m in ("RunSucceeded", "RunFailed")]),
            _widget(1, "Checks that warned or stopped", region, [[NAMESPACE, m, *own] for m in _CHECKS]),
            _widget(2, "Rows published", region, lines("RowsCurated")),
            _widget(3, "Rows quarantined", region, lines("RowsQuarantined")),
            _widget(4, "Seconds a run", region, lines("RunSeconds"), statistic="Maximum"),
            _widget(5, "Deadlines missed", region, lines("DeadlineMissed")),
        ]
        own_height = _HEIGHT * -(-len(widgets) // 2)
        rows = [
            widget
            for place, database in enumerate(databases)
            for widget in database_row(database, top=own_height + ROW_HEIGHT * place, region=region)
        ]
        if cluster is not None:
            top = own_height + ROW_HEIGHT * len(databases)
            rows += cluster_row(cluster, top=top, region=region)
            if loaders:
                below = top + CLUSTER_ROW_HEIGHT
                rows += loader_row(loaders, stale_seconds=cluster.lag_seconds, top=below, region=region)
        cloudwatch.CfnDashboard(
            self, "Resource", dashboard_name=name, dashboard_body=json.dumps({"widgets": [*widgets, *rows]})
        )


_CHECKS = ("ChecksWarned", "GateFailed", "DriftFound")


def _widget(
    place: int, title: str, region: str, metrics: list[list[str]], *, statistic: str = "Sum"
) -> dict[str, object]:
    return {
        "type": "metric",
        "x": _HALF * (place % 2),
        "y": _HEIGHT * (place // 2),
        "width": _HALF,
        "height": _HEIGHT,
        "properties": {
            "title": title,
            "region": region,
            "stat": statistic,
            "period": ONE_DAY_SECONDS,
            "view": "timeSeries",
            "stacked": False,
            "metrics": metrics,
        },
    }
