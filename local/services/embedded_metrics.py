"""Embedded metric format: log events that carry metrics become metric data, as CloudWatch Logs extracts them.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from local.services import cloudwatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

logger = logging.getLogger("local.logs")

_MARK = '"_aws"'
_MOST_VALUES = 100


def extract(messages: Iterable[str]) -> None:
    """Record every metric that these log events carry; an event that is none of the format is no more than a line."""
    for message in messages:
        for namespace, name, unit, dimensions, value in metrics(message):
            cloudwatch.record(namespace, name, value, unit=unit, dimensions=dimensions)


def metrics(message: str) -> Iterator[tuple[str, str, str, dict[str, str], float]]:
    """Namespace, name, unit, dimensions and value of each datum in a log event: one a dimension set and value.

    Example:
        >>> directive = {"Namespace": "N", "Dimensions": [["d"]], "Metrics": [{"Name": "Rows", "Unit": "Count"}]}
        >>> event = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, "d": "a", "Rows": [2, 3]}
        >>> list(metrics(json.dumps(event)))
        [('N', 'Rows', 'Count', {'d': 'a'}, 2.0), ('N', 'Rows', 'Count', {'d': 'a'}, 3.0)]
        >>> list(metrics("text"))
        []
    """
    if _MARK not in message:
        return
    try:
        document = json.loads(message)
        found = list(_of(document))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        logger.info("A log event is not of the embedded metric format: %s", error)
        return
    yield from found


def _of(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, str], float]]:
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = {name: str(document[name]) for name in names}
            for metric in directive["Metrics"]:
                value = document[metric["Name"]]
                for one in (value if isinstance(value, list) else [value])[:_MOST_VALUES]:
                    unit = metric.get("Unit", "None")
                    yield directive["Namespace"], metric["Name"], unit, dimensions, float(one)
