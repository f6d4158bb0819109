"""The raw rows of a run: those of its day, without the persons who were erased since the files arrived.

Raw files may be locked and outlive an erasure, so what may not come back is left out wherever they are read; the
counts of the gate and of the ledger leave it out, too. Where raw holds changes (`read: changes`), the rows of a day are
each key's last state, and a key whose last change is a delete has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import raw_name, typed_value
from data_platform.contracts.erasure import (
    SubjectPath,
    emptied_columns,
    erased_sql,
    followed,
    subject_paths,
)
from data_platform.contracts.sql_text import INGEST_DATE_TEXT, listed, quoted, relation
from data_platform.contracts.tables import RAW_PARTITION

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming


def raw_day(dataset: Dataset, naming: Naming) -> str:
    """The relation and WHERE of the day's raw rows that a run loads."""
    rows = _last_states(dataset, naming) if dataset.source.read == "changes" else _day(dataset, naming)
    if dataset.subject is None:
        return rows
    return f"{rows} AND NOT {erased_sql(dataset, typed_value(dataset.column(dataset.subject)), naming)}"


def deleted_keys(dataset: Dataset, naming: Naming) -> str:
    """A SELECT of the typed keys whose last change of the day is a delete; for a dataset that is read by changes."""
    keys = ", ".join(f"{typed_value(dataset.column(key))} AS {quoted(key)}" for key in dataset.primary_key)
    return f"SELECT {keys} FROM {_changes(dataset, naming)} WHERE {_IS_LAST} AND {_IS_DELETE}"


_IS_LAST, _IS_DELETE = '"_place" = 1', "\"op\" = 'D'"


def _day(dataset: Dataset, naming: Naming) -> str:
    raw = relation(naming.database("raw"), dataset.name)
    return f"{raw} WHERE {quoted(RAW_PARTITION.name)} = '{INGEST_DATE_TEXT}'"


def _changes(dataset: Dataset, naming: Naming) -> str:
    """The day's changes, each with its place among those of its key, the last one first.

    Rows of a whole load have no place among changes: they come before all of them.
    """
    columns = listed([*(column.name for column in dataset.columns), "op", "$path"])
    order = 'COALESCE("dms_change", \'\') DESC, "dms_changed_at" DESC, "$path" DESC'
    place = f"row_number() OVER (PARTITION BY {listed(dataset.primary_key)} ORDER BY {order})"
    return f'(SELECT {columns}, {place} AS "_place" FROM {_day(dataset, naming)}) AS "_changes"'


def _last_states(dataset: Dataset, naming: Naming) -> str:
    return f"{_changes(dataset, naming)} WHERE {_IS_LAST} AND NOT {_IS_DELETE}"


def without_erased_values(
    dataset: Dataset, domain: Domain, naming: Naming, rows: str, *, extra: str
) -> str | None:
    """A SELECT of typed rows in which the personal values of erased persons are empty; None when there are none.

    Args:
        dataset: The contract; one that refers to persons and repeats values of theirs.
        domain: Its domain.
        naming: Physical names.
        rows: The relation with the typed rows.
        extra: A column beside the contract's.
    """
    empty: dict[str, str] = {}
    for path in subject_paths(dataset, domain):
        for name in emptied_columns(dataset, path):
            erased = _of_erased(path, naming)
            empty[name] = f"{empty[name]} OR {erased}" if name in empty else erased
    if not empty:
        return None
    parts = []
    for column in dataset.columns:
        for name in dict.fromkeys((column.name, raw_name(column))):
            if column.name in empty:
                kept = f"CASE WHEN NOT ({empty[column.name]}) THEN {quoted(name)} END"
                parts.append(f"{kept} AS {quoted(name)}")
            else:
                parts.append(quoted(name))
    return f"SELECT {', '.join([*parts, quoted(extra)])} FROM {rows}"


def _of_erased(path: SubjectPath, naming: Naming) -> str:
    """Whether a row belongs to some erased person, by its own column or by the rows between."""
    column, target = followed(path)
    if len(path.steps) == 1:
        return erased_sql(path.subject, quoted(column), naming)
    there = relation(naming.database("staged"), path.steps[0].dataset)
    further = _of_erased(SubjectPath(subject=path.subject, steps=path.steps[1:]), naming)
    return f"COALESCE({quoted(column)} IN (SELECT {quoted(target)} FROM {there} WHERE {further}), false)"
