"""The raw rows of a run: those of its day, without the persons who were erased since the files arrived.

Raw files may be locked and outlive an erasure, so what may not come back is left out wherever they are read; the
counts of the gate and of the ledger leave it out, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.checks_sql import raw_name, typed_value
from data_platform.contracts.erasure import emptied_columns, erased_sql, own_column, subject_paths
from data_platform.contracts.sql_text import INGEST_DATE_TEXT, quoted, relation
from data_platform.contracts.tables import RAW_PARTITION

if TYPE_CHECKING:
    from data_platform.contracts.erasure import SubjectPath
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
            erased = _of_erased(dataset, path, naming)
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


def _of_erased(dataset: Dataset, path: SubjectPath, naming: Naming) -> str:
    """Whether a row belongs to some erased person, by its own column or by the rows between."""
    value = quoted(own_column(path, dataset))
    if len(path.steps) == 1:
        return erased_sql(path.subject, value, naming)
    return f"COALESCE({value} IN ({_erased_keys(path, naming)}), false)"


def _erased_keys(path: SubjectPath, naming: Naming) -> str:
    """The keys of the next dataset whose rows belong to erased persons."""
    first, second = path.steps[0], path.steps[1]
    there = relation(naming.database("staged"), first.dataset)
    if len(path.steps) == 2:  # noqa: PLR2004 - the next one refers to the subject itself
        condition = erased_sql(path.subject, quoted(second.columns[0]), naming)
    else:
        further = type(path)(subject=path.subject, steps=path.steps[1:])
        condition = f"{quoted(second.columns[0])} IN ({_erased_keys(further, naming)})"
    return f"SELECT {quoted(first.target_columns[0])} FROM {there} WHERE {condition}"
