"""Metric filters on the trail's log group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_logs as logs
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping


class TrailFilters(Construct):
    """One metric filter an entry: each event that matches counts one.

    Args:
        scope: The construct that owns the filters.
        construct_id: Name within its scope.
        log_group: The trail's log group.
        namespace: Namespace of the metrics.
        patterns: Filter pattern by metric.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        log_group: logs.CfnLogGroup,
        namespace: str,
        patterns: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        for metric, pattern in patterns.items():
            logs.CfnMetricFilter(
                self,
                metric,
                log_group_name=log_group.ref,
                filter_pattern=pattern,
                metric_transformations=[
                    logs.CfnMetricFilter.MetricTransformationProperty(
                        metric_name=metric, metric_namespace=namespace, metric_value="1"
                    )
                ],
            )
