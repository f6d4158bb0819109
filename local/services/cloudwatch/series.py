"""Time series of a metric: statistics of its data in aligned periods."""

from __future__ import annotations

import math
from typing import Any

Series = dict[int, float]


def of_metric(
    *,
    namespace: str,
    metric: str,
    dimensions: dict[str, str],
    statistic: str,
    period: int,
    start: float,
    end: float,
    unit: str | None = None,
) -> Series:
    """The statistic of each aligned period from `start` (inclusive) to `end` (exclusive) that has data.

    Args:
        namespace: Such as `AWS/States`.
        metric: Name of the metric.
        dimensions: Names to values; the metric with exactly these.
        statistic: Sum, Average, Minimum, Maximum, SampleCount or a percentile such as p99.9.
        period: Seconds of one period.
        start: Seconds since 1970.
        end: Seconds since 1970.
        unit: Only data of this unit, when given.

    Returns:
        Start of the period to value.
    """
    from ministack.services import cloudwatch

    points = cloudwatch._metrics.get((namespace, metric, cloudwatch._dims_key(dimensions))) or []
    buckets: dict[int, list[Any]] = {}
    for point in list(points):
        moment = point["Timestamp"]
        if start <= moment < end and (not unit or point.get("Unit") == unit):
            buckets.setdefault(aligned(moment, period), []).append(point)
    values = {at: _statistic(found, statistic) for at, found in buckets.items()}
    return {at: value for at, value in sorted(values.items()) if value is not None}


def _statistic(points: list[Any], statistic: str) -> float | None:
    from ministack.services import cloudwatch

    stats = cloudwatch._calc_stats(points)
    if not stats:
        return None
    value = cloudwatch._stat_value(stats, statistic, points)
    return None if value is None else float(value)


def aligned(moment: float, period: int) -> int:
    """The start of the period that holds a moment.

    Example:
        >>> aligned(125, 60)
        120
    """
    return int(math.floor(moment / period) * period)


def of_query(query: dict[str, Any], *, start: float, end: float) -> Series:
    """The series of one MetricStat of an alarm or of GetMetricData."""
    stat = query["MetricStat"]
    metric = stat["Metric"]
    return of_metric(
        namespace=metric.get("Namespace", ""),
        metric=metric["MetricName"],
        dimensions={d["Name"]: d["Value"] for d in metric.get("Dimensions") or []},
        statistic=stat["Stat"],
        period=int(stat["Period"]),
        start=start,
        end=end,
        unit=stat.get("Unit"),
    )
