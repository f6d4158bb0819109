"""The metrics of a workgroup that publishes them: AWS/Athena, by state, type and workgroup."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from local import identity

if TYPE_CHECKING:
    from local.athena.query import Query

logger = logging.getLogger("local.athena")


def publish(query: Query, kind: str, state: str, *, seconds: float) -> None:
    """Puts ProcessedBytes, TotalExecutionTime and EngineExecutionTime; AWS does this itself, so the account does."""
    dimensions = [
        {"Name": "QueryState", "Value": state},
        {"Name": "QueryType", "Value": kind},
        {"Name": "WorkGroup", "Value": query.workgroup},
    ]
    values = {
        "ProcessedBytes": (float(query.scanned), "Bytes"),
        "TotalExecutionTime": (seconds * 1000, "Milliseconds"),
        "EngineExecutionTime": (seconds * 1000, "Milliseconds"),
    }
    data = [
        {"MetricName": name, "Dimensions": dimensions, "Value": value, "Unit": unit}
        for name, (value, unit) in values.items()
    ]
    try:
        identity.client(identity.root_session(), "cloudwatch").put_metric_data(
            Namespace="AWS/Athena", MetricData=data
        )
    except Exception:
        logger.warning("Metrics of query %s were not published", query.id, exc_info=True)
