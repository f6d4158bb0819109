"""Measures of a whole delivery, as expressions over the typed rows of a run. All are doubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.model import CheckKind
from data_platform.contracts.sql_text import DAY, quoted

if TYPE_CHECKING:
    from data_platform.contracts.model import Check, Dataset

_STATISTICS = {
    "mean": "avg(CAST({0} AS double))",
    "stddev": "stddev(CAST({0} AS double))",
    "null_percent": "1E2 * sum(CASE WHEN {0} IS NULL THEN 1 ELSE 0 END) / NULLIF(count(*), 0)",
    "distinct": "CAST(count(DISTINCT {0}) AS double)",
}
# What the query of a `sql` check may call its rows and its column.
_OBJECT = ("${object}", "{object}", "${table}", "{table}")
_PROPERTY = ("${property}", "{property}", "${column}", "{column}")


def measure(check: Check, dataset: Dataset) -> str:
    """The expression of a check of kind volume, distribution, freshness or sql.

    The query of a `sql` check returns one number and sees the typed rows of the run as `{object}`.

    Raises:
        KeyError: when the check is of another kind, or names a column that the dataset lacks.
        ValueError: when the statistic is unknown or the query does not read the run's rows.
    """
    if check.kind is CheckKind.VOLUME:
        return "CAST(count(*) AS double)"
    if check.kind is CheckKind.FRESHNESS:
        column = str(check.parameters.get("column") or check.columns[0])
        newest = f"CAST(max({quoted(dataset.column(column).name)}) AS timestamp(6))"
        return (
            f"CAST(date_diff('second', {newest}, CAST({DAY} + INTERVAL '1' DAY AS timestamp(6))) AS double)"
        )
    if check.kind is CheckKind.DISTRIBUTION:
        return _statistic(check, dataset)
    if check.kind is CheckKind.SQL:
        return f"CAST(({_query(check)}) AS double)"
    raise KeyError(f"{check.id}: kind {check.kind} is no measure of a whole delivery")


def _statistic(check: Check, dataset: Dataset) -> str:
    statistic = str(check.parameters["statistic"])
    if statistic not in _STATISTICS:
        raise ValueError(f"check {check.id}: statistic {statistic!r} is not one of {', '.join(_STATISTICS)}")
    return _STATISTICS[statistic].format(quoted(dataset.column(check.columns[0]).name))


def _query(check: Check) -> str:
    query = str(check.parameters["query"]).strip().rstrip(";")
    rows = next((name for name in _OBJECT if name in query), None)
    if rows is None:
        raise ValueError(f"check {check.id}: the query must read the rows that it judges, written {{object}}")
    for name in _OBJECT:
        query = query.replace(name, '"_rows"')
    for name in _PROPERTY:
        query = query.replace(name, quoted(check.columns[0]) if check.columns else name)
    return " ".join(query.split())
