"""A rule about one of the figures that RDS reports every minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.rules import AlarmRule

if TYPE_CHECKING:
    from data_platform.observability.rules import MissingData, Severity

ONE_MINUTE = 60


def gauge(
    instance: str, name: str, metric: str, severity: Severity, *, missing: MissingData = "ignore", **how: Any
) -> AlarmRule:
    """A rule about a figure of an instance; without a word about missing data silence changes nothing.

    Args:
        instance: Identifier of the DB instance.
        name: Ends the alarm's name.
        metric: Name of the metric.
        severity: Who is told.
        missing: What silence means.
        how: What else an `AlarmRule` takes.

    Example:
        >>> gauge("shop", "cpu-high", "CPUUtilization", "ticket", runbook="r", symptom="s").period_seconds
        60
    """
    return AlarmRule(
        name=name,
        severity=severity,
        namespace="AWS/RDS",
        metric=metric,
        dimensions={"DBInstanceIdentifier": instance},
        missing=missing,
        **{"period_seconds": ONE_MINUTE, **how},
    )


def level(severity: Severity, word: str = "high") -> str:
    """How the name of a rule of this severity ends.

    Example:
        >>> level("ticket"), level("ticket", "low"), level("page")
        ('high', 'low', 'critical')
    """
    return "critical" if severity == "page" else word
