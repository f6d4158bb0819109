"""The statements that move a stream's change files on to staged and curated: late and repeated changes change nothing.

Each statement reads the rows of some files of raw (`{paths}`, of the days `{days}`), of each key the last one by its
place in the source's log. A row of staged knows the place of the change that made it, and gives way to a later one
only. A row that was deleted is gone, so its key and place are kept beside staged: what happened before the deletion and
comes after it brings nothing back. Curated follows staged for the keys that the files touch. Every statement may run
again, in any order of files, and leaves the same rows.

An event happens once: its row is inserted where its primary key is not there yet. Views by windows of
time follow (`window_sql`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import typed_value
from data_platform.contracts.erasure import erased_sql
from data_platform.contracts.publish_sql import curated_values, same_key
from data_platform.contracts.sql_text import BATCH_TEXT, DAYS_TEXT, PATHS_TEXT, listed, quoted, relation
from data_platform.contracts.table_kinds import table_name, zone_of
from data_platform.contracts.tables import (
    INGEST_DATE,
    RAW_PARTITION,
    RUN_ID,
    curated_columns,
    deleted_columns,
    staged_columns,
)
from data_platform.contracts.types import trino_type
from data_platform.contracts.window_sql import window_sql

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.tables import TableColumn

_DELETION = "'d'"
_NEWEST = '"_position" DESC, "_partition" DESC, "_offset" DESC'
_FIRST = '"_partition", "_offset"'


def stream_statements(dataset: Dataset, naming: Naming) -> dict[str, str]:
    """The statements by the table that they write, in the order in which they run.

    Raises:
        ValueError: when the dataset has no primary key.
    """
    if not dataset.primary_key:
        raise ValueError(
            f"{dataset.path}: {dataset.name} needs a primary key, by which staged and curated are kept current"
        )
    if dataset.physical_type == "topic":
        windows = {window.kind: window_sql(dataset, window, naming) for window in dataset.windows}
        return {"staged": _events_sql(dataset, naming), "curated": _curated_sql(dataset, naming), **windows}
    return {
        "deleted": _deleted_sql(dataset, naming),
        "staged": _changes_sql(dataset, naming),
        "curated": _curated_sql(dataset, naming),
    }


def _deleted_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE of the keys that the files delete, each with the place of its last deletion."""
    columns = deleted_columns(dataset)
    deletion = f'"_operation" = {_DELETION}'
    if dataset.subject in dataset.primary_key:  # the key of an erased person is not kept either
        deletion += f" AND NOT {_erased(dataset, naming)}"
    rows = _last(dataset, naming, columns, order=_NEWEST, only=deletion)
    return (
        f"MERGE INTO {_table(dataset, naming, 'deleted')} AS t USING ({rows}) AS s ON {same_key(dataset, 't', 's')} "
        f'WHEN MATCHED AND s."_position" > t."_position" THEN UPDATE SET {_changed(dataset, columns)} '
        f"WHEN NOT MATCHED THEN {_inserted(columns)}"
    )


def _changes_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE of each key's last change, unless the row was deleted since."""
    columns = staged_columns(dataset)
    rows = _last(dataset, naming, columns, order=_NEWEST, beside=("_operation",), only=_kept(dataset, naming))
    deleted = f"{_table(dataset, naming, 'deleted')} AS d ON {same_key(dataset, 'c', 'd')}"
    standing = f'c."_operation" = {_DELETION} OR d."_position" IS NULL OR c."_position" > d."_position"'
    return (
        f"MERGE INTO {_table(dataset, naming, 'staged')} AS t "
        f"USING (SELECT c.* FROM ({rows}) AS c LEFT JOIN {deleted} WHERE {standing}) AS s "
        f"ON {same_key(dataset, 't', 's')} "
        f'WHEN MATCHED AND s."_position" > t."_position" AND s."_operation" = {_DELETION} THEN DELETE '
        f'WHEN MATCHED AND s."_position" > t."_position" THEN UPDATE SET {_changed(dataset, columns)} '
        f'WHEN NOT MATCHED AND s."_operation" <> {_DELETION} THEN {_inserted(columns)}'
    )


def _events_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE of events that are not there yet; of two with one key the one that came first."""
    columns = staged_columns(dataset)
    rows = _last(dataset, naming, columns, order=_FIRST, only=_kept(dataset, naming))
    return (
        f"MERGE INTO {_table(dataset, naming, 'staged')} AS t USING ({rows}) AS s "
        f"ON {same_key(dataset, 't', 's')} WHEN NOT MATCHED THEN {_inserted(columns)}"
    )


def _curated_sql(dataset: Dataset, naming: Naming) -> str:
    """MERGE that makes curated, for the keys of the files, what staged is."""
    columns = curated_columns(dataset)
    keys = ", ".join(f"{typed_value(dataset.column(key))} AS {quoted(key)}" for key in dataset.primary_key)
    touched = f"SELECT DISTINCT {keys} FROM {_files(dataset, naming)}"
    rows = f"SELECT {curated_values(dataset)} FROM {_table(dataset, naming, 'staged')}"
    values = ", ".join(
        f"{'k' if column.name in dataset.primary_key else 'r'}.{quoted(column.name)}" for column in columns
    )
    first = quoted(dataset.primary_key[0])
    source = (
        f'SELECT {values}, r.{first} IS NULL AS "_gone" FROM ({touched}) AS k '
        f"LEFT JOIN ({rows}) AS r ON {same_key(dataset, 'k', 'r')}"
    )
    return (
        f"MERGE INTO {_table(dataset, naming, 'curated')} AS t USING ({source}) AS s ON {same_key(dataset, 't', 's')} "
        'WHEN MATCHED AND s."_gone" THEN DELETE '
        f"WHEN MATCHED THEN UPDATE SET {_changed(dataset, columns)} "
        f'WHEN NOT MATCHED AND NOT s."_gone" THEN {_inserted(columns)}'
    )


def _last(
    dataset: Dataset,
    naming: Naming,
    columns: tuple[TableColumn, ...],
    *,
    order: str,
    only: str,
    beside: tuple[str, ...] = (),
) -> str:
    """A SELECT of one typed row a key, the first by the order, of the rows of the files for which a condition holds."""
    values = {column.name: typed_value(column) for column in dataset.columns}
    day = f"CAST({quoted(RAW_PARTITION.name)} AS date)"
    values |= {INGEST_DATE: day, RUN_ID: BATCH_TEXT}
    values |= {"_committed_at": f'CAST("_committed_at" AS {trino_type("timestamp")})'}
    names = [column.name for column in columns] + list(beside)
    selected = ", ".join(f"{values.get(name, quoted(name))} AS {quoted(name)}" for name in names)
    key = ", ".join(values[name] for name in dataset.primary_key)
    place = f"row_number() OVER (PARTITION BY {key} ORDER BY {order})"
    rows = f'SELECT {selected}, {place} AS "_place" FROM {_files(dataset, naming)} AND ({only})'
    return f'SELECT {listed(names)} FROM ({rows}) AS p WHERE "_place" = 1'


def _kept(dataset: Dataset, naming: Naming) -> str:
    """Whether a row may come: not where its person was erased, since files and topics outlive an erasure."""
    if dataset.subject is None:
        return "true"
    return f'"_operation" = {_DELETION} OR NOT {_erased(dataset, naming)}'


def _erased(dataset: Dataset, naming: Naming) -> str:
    return erased_sql(dataset, typed_value(dataset.column(str(dataset.subject))), naming)


def _files(dataset: Dataset, naming: Naming) -> str:
    raw = relation(naming.database("raw"), dataset.name)
    return f'{raw} WHERE {quoted(RAW_PARTITION.name)} IN ({DAYS_TEXT}) AND "$path" IN ({PATHS_TEXT})'


def _table(dataset: Dataset, naming: Naming, kind: str) -> str:
    return relation(naming.database(zone_of(kind)), table_name(dataset.name, kind))


def _changed(dataset: Dataset, columns: tuple[TableColumn, ...]) -> str:
    names = [column.name for column in columns if column.name not in dataset.primary_key]
    return ", ".join(f"{quoted(name)} = s.{quoted(name)}" for name in names)


def _inserted(columns: tuple[TableColumn, ...]) -> str:
    names = [column.name for column in columns]
    return f"INSERT ({listed(names)}) VALUES ({listed(names, prefix='s.')})"
