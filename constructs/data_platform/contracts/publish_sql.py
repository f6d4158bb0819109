"""The statement that makes curated the current state of staged: what consumers see changes in one instant.

A dataset of snapshots shows its newest snapshot, and nothing once a day delivers none of its rows. Any other
shows the newest delivery of every key: a day that is loaded again, late or corrected, never hides a newer
delivery, and a key that a day no longer delivers falls back to its delivery of an earlier day before it
disappears.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.masking import masked_columns
from data_platform.contracts.masking_sql import masked_sql
from data_platform.contracts.model import LoadMode
from data_platform.contracts.raw_rows import deleted_keys, raw_day
from data_platform.contracts.sql_text import DAY, listed, quoted, relation
from data_platform.contracts.tables import INGEST_DATE, curated_columns
from data_platform.contracts.types import trino_type

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.tables import TableColumn

_DAY_COLUMN = quoted(INGEST_DATE)


def publish_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE of staged into curated by the primary key.

    Raises:
        ValueError: when the dataset has no primary key.
    """
    if not dataset.primary_key:
        raise ValueError(
            f"{dataset.path}: {dataset.name} needs a primary key, by which curated is kept current"
        )
    staged = relation(naming.database("staged"), dataset.name)
    curated = relation(naming.database("curated"), dataset.name)
    if dataset.load_mode is LoadMode.SNAPSHOT:
        source = _newest_snapshot(dataset, naming, staged, curated)
        update = "WHEN MATCHED"
    else:
        source = _day(dataset, naming, staged, curated)
        update = f"WHEN MATCHED AND t.{_DAY_COLUMN} <= {DAY}"
    names = [column.name for column in curated_columns(dataset)]
    changed = ", ".join(f"{quoted(n)} = s.{quoted(n)}" for n in names if n not in dataset.primary_key)
    insert = f"INSERT ({listed(names)}) VALUES ({listed(names, prefix='s.')})"
    return (
        f"MERGE INTO {curated} AS t USING ({source}) AS s ON {same_key(dataset, 't', 's')} "
        'WHEN MATCHED AND s."_gone" THEN DELETE '
        f"{update} THEN UPDATE SET {changed} "
        f'WHEN NOT MATCHED AND NOT s."_gone" THEN {insert}'
    )


def same_key(dataset: Dataset, left: str, right: str) -> str:
    """The condition that two relations have the row of one primary key."""
    return " AND ".join(f"{left}.{quoted(key)} = {right}.{quoted(key)}" for key in dataset.primary_key)


def _newest_snapshot(dataset: Dataset, naming: Naming, staged: str, curated: str) -> str:
    columns = curated_columns(dataset)
    # A day that delivered no row leaves none in staged to be found by; one whose rows are all set aside is no state.
    empty = f"(SELECT count(*) FROM {raw_day(dataset, naming)}) = 0"
    last = f"max({_DAY_COLUMN})"
    newest = f"SELECT CASE WHEN {empty} THEN greatest({last}, {DAY}) ELSE {last} END FROM {staged}"
    rows = f"SELECT {curated_values(dataset)} FROM {staged} WHERE {_DAY_COLUMN} = ({newest})"
    gone = _vanished(dataset, curated, rows)
    nothing = ", ".join(_key_or(dataset, column, "g", "NULL") for column in columns)
    return (
        f'SELECT r.*, false AS "_gone" FROM ({rows}) AS r UNION ALL SELECT {nothing}, true FROM ({gone}) AS g'
    )


def _day(dataset: Dataset, naming: Naming, staged: str, curated: str) -> str:
    columns = curated_columns(dataset)
    names = curated_values(dataset)
    rows = f"SELECT {names} FROM {staged} WHERE {_DAY_COLUMN} = {DAY}"
    gone = _vanished(dataset, curated, rows, where=f" AND o.{_DAY_COLUMN} = {DAY}")
    deleted = ""
    if dataset.source.read == "changes":
        keys = deleted_keys(dataset, naming)
        nothing = ", ".join(_key_or(dataset, column, "o", "NULL") for column in columns)
        same = same_key(dataset, "o", "d")
        gone += f" AND NOT EXISTS (SELECT 1 FROM ({keys}) AS d WHERE {same})"
        deleted = (
            f" UNION ALL SELECT {nothing}, true FROM {curated} AS o JOIN ({keys}) AS d ON {same}"
            f" WHERE o.{_DAY_COLUMN} <= {DAY}"
        )
    place = f"row_number() OVER (PARTITION BY {listed(dataset.primary_key)} ORDER BY {_DAY_COLUMN} DESC)"
    earlier = f'SELECT {names}, {place} AS "_place" FROM {staged} WHERE {_DAY_COLUMN} < {DAY}'
    restored = ", ".join(_key_or(dataset, column, "g", f"e.{quoted(column.name)}") for column in columns)
    return (
        f'SELECT r.*, false AS "_gone" FROM ({rows}) AS r '
        f"UNION ALL SELECT {restored}, e.{_DAY_COLUMN} IS NULL FROM ({gone}) AS g "
        f'LEFT JOIN ({earlier}) AS e ON {same_key(dataset, "g", "e")} AND e."_place" = 1{deleted}'
    )


def curated_values(dataset: Dataset) -> str:
    """The columns of curated as staged gives them: as they are, or masked."""
    masked = {column.masked_name: masked_sql(dataset, column) for column in masked_columns(dataset)}
    return ", ".join(
        f"{masked[column.name]} AS {quoted(column.name)}" if column.name in masked else quoted(column.name)
        for column in curated_columns(dataset)
    )


def _vanished(dataset: Dataset, curated: str, rows: str, *, where: str = "") -> str:
    """The keys that curated has and the rows no longer deliver."""
    first = quoted(dataset.primary_key[0])
    return (
        f"SELECT {listed(dataset.primary_key, prefix='o.')} FROM {curated} AS o "
        f"LEFT JOIN ({rows}) AS n ON {same_key(dataset, 'o', 'n')} WHERE n.{first} IS NULL{where}"
    )


def _key_or(dataset: Dataset, column: TableColumn, keys: str, other: str) -> str:
    if column.name in dataset.primary_key:
        return f"{keys}.{quoted(column.name)}"
    return f"CAST({other} AS {trino_type(column.type)})"
