"""The raw rows of a run: those of its day, without the persons who were erased since the files arrived.

Raw files may be locked and outlive an erasure, so what may not come back is left out wherever they are read; the
counts of the gate and of the ledger leave it out, too.
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
from data_platform.contracts.sql_text import INGEST_DATE_TEXT, quoted, relation
from data_platform.contracts.tables import RAW_PARTITION

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming


def raw_day(dataset: Dataset, naming: Naming) -> str:
    """The relation and WHERE of the day's raw rows that a run loads."""
    raw = relation(naming.database("raw"), dataset.name)
    rows = f"{raw} WHERE {quoted(RAW_PARTITION.name)} = '{INGEST_DATE_TEXT}'"
    if dataset.subject is None:
        return rows
    return f"{rows} AND NOT {erased_sql(dataset, typed_value(dataset.column(dataset.subject)), naming)}"


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
