"""The figures of a dataset's stream, as CloudWatch's embedded metric format in the function's log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

NAMESPACE = "DataPlatform"
_MOST_VALUES = 100  # of one metric in one line


class Measures:
    """What one call did; written once at its end.

    Args:
        dataset: `<domain>.<dataset>`, the dimension.
    """

    def __init__(self, dataset: str) -> None:
        # Without a service, which Powertools would make a dimension of.
        namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
        self._provider = AmazonCloudWatchEMFProvider(namespace=namespace, service="")
        self._provider.add_dimension("dataset", dataset)
        self._counts: dict[str, int] = {}

    def count(self, counts: Mapping[str, int]) -> None:
        """Add counts by metric."""
        for name, count in counts.items():
            self._counts[name] = self._counts.get(name, 0) + count

    def seconds(self, name: str, values: Sequence[float]) -> None:
        """Add measured times."""
        for value in values:
            self._provider.add_metric(name, MetricUnit.Seconds, value)

    def write(self) -> None:
        """Write the line, if there is anything to say."""
        for name, count in self._counts.items():
            self._provider.add_metric(name, MetricUnit.Count, count)
        if self._provider.metric_set:
            self._provider.flush_metrics()


def freshness(committed: Sequence[pa.ChunkedArray], finished: float) -> list[float]:
    """Seconds between commits in the source and the end of the merge; of many, as many quantiles as a line takes.

    Args:
        committed: Times of the commits.
        finished: When the merge had ended, in seconds since 1970.

    Example:
        >>> import pyarrow as pa
        >>> freshness([pa.chunked_array([pa.array([1_000_000], pa.timestamp("us"))])], 3.5)
        [2.5]
    """
    times = [np.asarray(each.cast("int64").to_numpy(), np.float64) for each in committed if len(each)]
    if not times:
        return []
    waited = np.sort(finished - np.concatenate(times) / 1e6)
    if len(waited) >= _MOST_VALUES:  # at so many values Powertools writes a line by itself
        waited = np.quantile(waited, np.linspace(0, 1, _MOST_VALUES - 1))
    return [round(float(value), 3) for value in waited]
