"""The queries of an alarm or of GetMetricData: metrics first, then the expressions over them."""

from __future__ import annotations

from typing import Any

from local.services.cloudwatch import expressions, series


def periods(queries: list[dict[str, Any]]) -> int:
    """The period of a set of queries in seconds: the longest one."""
    found = [int(q["MetricStat"]["Period"]) for q in queries if q.get("MetricStat")]
    found += [int(q["Period"]) for q in queries if q.get("Period")]
    return max(found, default=60)


def evaluate(queries: list[dict[str, Any]], *, start: float, end: float) -> dict[str, Any]:
    """The value of every query: a series, a number or a list of series.

    Args:
        queries: MetricDataQueries; expressions may name any other query.
        start: Seconds since 1970.
        end: Seconds since 1970.

    Raises:
        local.services.cloudwatch.expressions.ExpressionError: An expression cannot be evaluated.
    """
    period = periods(queries)
    axis = list(range(series.aligned(start, period), int(end), period))
    metrics = {q["Id"]: series.of_query(q, start=start, end=end) for q in queries if q.get("MetricStat")}
    known: dict[str, Any] = dict(metrics)
    waiting = [q for q in queries if q.get("Expression")]
    failure: expressions.ExpressionError | None = None
    while waiting:
        left = []
        for query in waiting:
            try:
                known[query["Id"]] = expressions.evaluate(
                    query["Expression"], known, axis=axis, metrics=metrics
                )
            except expressions.ExpressionError as error:
                failure = error
                left.append(query)
        if len(left) == len(waiting) and failure is not None:
            raise failure
        waiting = left
    return known
