"""The state of a metric alarm: which of its periods breach, and what missing data mean."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.services.cloudwatch import queries, series

if TYPE_CHECKING:
    from collections.abc import Callable

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The new state of an alarm and why."""

    state: str
    reason: str


def judge(alarm: dict[str, Any], *, now: float) -> Verdict | None:
    """Evaluate a metric alarm at a moment.

    Args:
        alarm: ministack's record of the alarm.
        now: Seconds since 1970.

    Returns:
        The verdict; None when the alarm keeps its state.
    """
    if not alarm.get("Metrics") and not alarm.get("MetricName"):
        return None  # its metric math is stored a moment later
    comparison = _COMPARISONS.get(alarm.get("ComparisonOperator") or "")
    if comparison is None:
        return Verdict(state="INSUFFICIENT_DATA", reason="Anomaly detection is not emulated")
    period, values = _values(alarm, now)
    threshold = float(alarm.get("Threshold", 0))
    wanted = int(alarm.get("EvaluationPeriods", 1))
    needed = int(alarm.get("DatapointsToAlarm") or wanted)
    current = series.aligned(now, period)
    times = [current - period * step for step in range(wanted, 0, -1)]
    points: list[float | None] = [values.get(at) for at in times]
    started = values.get(current)
    if started is not None and _is_settled(alarm, comparison, breaches=comparison(started, threshold)):
        points = [*points[1:], started]
    breaching = [None if value is None else comparison(value, threshold) for value in points]
    state = decide(breaching, needed, str(alarm.get("TreatMissingData") or "missing"))
    return None if state is None else Verdict(state=state, reason=_reason(state, points, alarm, threshold))


def _is_settled(alarm: dict[str, Any], comparison: Callable[[float, float], bool], *, breaches: bool) -> bool:
    """Whether the end of a period cannot change how it compares: a maximum only grows, an average may do both."""
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    upwards = comparison in {operator.ge, operator.gt}
    if statistic is None:  # metric math, mostly sums of counts
        return upwards and breaches
    if statistic in {"Sum", "Maximum", "SampleCount"}:
        return upwards == breaches
    return statistic == "Minimum" and upwards != breaches


def decide(breaching: list[bool | None], needed: int, missing: str) -> str | None:
    """The state for a list of periods, oldest first; None in it is a period without data.

    Args:
        breaching: Whether each period breaches.
        needed: DatapointsToAlarm.
        missing: TreatMissingData.

    Returns:
        ALARM, OK, INSUFFICIENT_DATA, or None to keep the state.

    Example:
        >>> decide([None, True, None], 3, "missing"), decide([None, True, None], 3, "notBreaching")
        ('ALARM', 'OK')
        >>> decide([None, None], 1, "breaching"), decide([None, None], 1, "ignore"), decide([None], 1, "missing")
        ('ALARM', None, 'INSUFFICIENT_DATA')
    """
    if missing in {"breaching", "notBreaching"}:
        filled = [missing == "breaching" if flag is None else flag for flag in breaching]
        return "ALARM" if sum(filled) >= needed else "OK"
    present = [flag for flag in breaching if flag is not None]
    if not present:
        return None if missing == "ignore" else "INSUFFICIENT_DATA"
    if missing == "ignore":
        if sum(present) >= needed:
            return "ALARM"
        return "OK" if present.count(False) > len(breaching) - needed else None
    return "ALARM" if sum(present) >= min(needed, len(present)) else "OK"


def _values(alarm: dict[str, Any], now: float) -> tuple[int, series.Series]:
    """Period and series of the alarm over the periods that it looks at."""
    count = int(alarm.get("EvaluationPeriods", 1))
    if alarm.get("Metrics"):
        period = queries.periods(alarm["Metrics"])
        start = series.aligned(now, period) - period * count
        values = queries.evaluate(alarm["Metrics"], start=start, end=now + 1)
        returned = next(q for q in alarm["Metrics"] if q.get("ReturnData", True))
        found = values[returned["Id"]]
        axis = range(int(start), int(now) + 1, period)
        return period, found if isinstance(found, dict) else dict.fromkeys(axis, float(found))
    period = int(alarm.get("Period", 60))
    start = series.aligned(now, period) - period * count
    return period, series.of_metric(
        namespace=alarm.get("Namespace", ""),
        metric=alarm.get("MetricName", ""),
        dimensions={d["Name"]: d["Value"] for d in alarm.get("Dimensions") or []},
        statistic=alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average",
        period=period,
        start=start,
        end=now + 1,
        unit=alarm.get("Unit"),
    )


def _reason(state: str, points: list[float | None], alarm: dict[str, Any], threshold: float) -> str:
    present = [value for value in points if value is not None]
    shown = ", ".join(f"{value:g}" for value in present) or "no data"
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {len(points)} datapoints were unknown."
    treated = (
        ""
        if len(present) == len(points)
        else f"; missing data are treated as {alarm.get('TreatMissingData')}"
    )
    compared = alarm.get("ComparisonOperator", "")
    crossed = "Threshold Crossed" if state == "ALARM" else "Threshold not crossed"
    return f"{crossed}: datapoints [{shown}] of {len(points)} compared by {compared} with {threshold:g}{treated}."
