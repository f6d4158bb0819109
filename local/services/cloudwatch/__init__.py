"""CloudWatch: metrics of the embedded services and alarms that are evaluated as AWS evaluates them."""

from __future__ import annotations

from local.services.cloudwatch import alarms, forgetting, metric_data
from local.services.cloudwatch.clock import now


def record(
    namespace: str, metric: str, value: float, *, unit: str = "None", dimensions: dict[str, str] | None = None
) -> None:
    """Store one datum that a service reports about itself.

    Args:
        namespace: Such as `AWS/Lambda`.
        metric: Name of the metric.
        value: The datum.
        unit: CloudWatch unit.
        dimensions: Names to values; exactly these identify the metric.
    """
    from ministack.services import cloudwatch

    named = dict(dimensions or {})
    cloudwatch._metric_bucket((namespace, metric, cloudwatch._dims_key(named))).append(
        {"Timestamp": now(), "Value": float(value), "Unit": unit, "Dimensions": named}
    )
    alarms.notice_data()


def install() -> None:
    """Install the alarms' clockwork and the API calls that ministack has half."""
    alarms.install()
    metric_data.install()
    forgetting.install()
