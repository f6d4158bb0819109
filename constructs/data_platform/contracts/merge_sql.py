"""The statements that move judged rows on, to quarantine and to staged, each atomically.

A table of which a run owns one day is replaced by the day: one marker row in the MERGE's source matches,
and so deletes, every old row of that day, while the new rows match nothing and are inserted. Readers see
the old day or the new one, never half of it, and a repeated run leaves the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import typed_value
from data_platform.contracts.raw_rows import raw_day
from data_platform.contracts.sql_text import DAY, RUN, listed, quoted, relation
from data_platform.contracts.tables import (
    INGEST_DATE,
    RUN_ID,
    candidate_columns,
    quarantine_columns,
    staged_columns,
)
from data_platform.contracts.types import trino_type

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.tables import TableColumn

_DAY_COLUMN = quoted(INGEST_DATE)
_RUN_COLUMN = quoted(RUN_ID)


def clear_candidate_sql(dataset: Dataset, naming: Naming) -> str:
    """DELETE of the day's candidate rows, this run's and those that a run that died left behind."""
    return f"DELETE FROM {_candidate(dataset, naming)} WHERE {_DAY_COLUMN} = {DAY}"


def quarantine_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE that replaces the day's quarantined rows by those that this run refused."""
    columns = quarantine_columns(dataset)
    values = {column.name: quoted(column.name) for column in candidate_columns(dataset)}
    values["_quarantined_at"] = "CAST(current_timestamp AS timestamp(6))"
    target = relation(naming.database("staged"), f"{dataset.name}_quarantine")
    return _replace_day(target, columns, values, _judged(dataset, naming, "IS NOT NULL"))


def staged_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE that replaces the day's staged rows by the good ones of this run, in their physical types."""
    values = {column.name: typed_value(column) for column in dataset.columns}
    values |= {INGEST_DATE: _DAY_COLUMN, RUN_ID: _RUN_COLUMN}
    target = relation(naming.database("staged"), dataset.name)
    return _replace_day(target, staged_columns(dataset), values, _judged(dataset, naming, "IS NULL"))


def count_sql(dataset: Dataset, naming: Naming) -> str:
    """SELECT of one row: what raw, staged, quarantined and curated hold of the day."""
    staged = naming.database("staged")
    day = f"{_DAY_COLUMN} = {DAY}"
    sources = {
        "raw": raw_day(dataset, naming),
        "staged": f"{relation(staged, dataset.name)} WHERE {day}",
        "quarantined": f"{relation(staged, f'{dataset.name}_quarantine')} WHERE {day}",
        "curated": f"{relation(naming.database('curated'), dataset.name)} WHERE {day}",
    }
    return "SELECT " + ", ".join(
        f'(SELECT count(*) FROM {source}) AS "{name}"' for name, source in sources.items()
    )


def _candidate(dataset: Dataset, naming: Naming) -> str:
    return relation(naming.database("staged"), f"{dataset.name}_candidate")


def _judged(dataset: Dataset, naming: Naming, rule: str) -> str:
    run = f"{_DAY_COLUMN} = {DAY} AND {_RUN_COLUMN} = {RUN}"
    return f'{_candidate(dataset, naming)} WHERE {run} AND "_rule" {rule}'


def _replace_day(target: str, columns: Sequence[TableColumn], values: Mapping[str, str], rows: str) -> str:
    names = [column.name for column in columns]
    new = ", ".join(f"{values[column.name]} AS {quoted(column.name)}" for column in columns)
    nothing = ", ".join(f"CAST(NULL AS {trino_type(column.type)})" for column in columns)
    # A new row's "_replaces" is NULL and equals no day: the join stays a hash join on one marker.
    return (
        f"MERGE INTO {target} AS t USING ("
        f'SELECT {new}, CAST(NULL AS date) AS "_replaces" FROM {rows} '
        f"UNION ALL SELECT {nothing}, {DAY}) AS s "
        f'ON t.{_DAY_COLUMN} = {DAY} AND t.{_DAY_COLUMN} = s."_replaces" '
        "WHEN MATCHED THEN DELETE "
        f'WHEN NOT MATCHED AND s."_replaces" IS NULL THEN INSERT ({listed(names)}) '
        f"VALUES ({listed(names, prefix='s.')})"
    )
