"""How sensitive the columns and tables of a dataset are: what the catalogue's tags say of them.

A column is as its contract says. A table is as sensitive as the most sensitive of its columns, and a domain
as its most sensitive dataset, so that a column or table which nobody has judged yet (one that was added, one
that dbt derived) is never shown to more people than its neighbours are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts import tables
from data_platform.contracts.model import CLASSIFICATIONS, DEFAULT_CLASSIFICATION
from data_platform.contracts.table_kinds import is_window, kinds_of
from data_platform.contracts.windows import window_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.table_kinds import TableKind
    from data_platform.contracts.tables import TableColumn

OFFENDING_VALUE = "_value"  # of candidate and quarantine: a value of any column


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How many may see something, and whether it tells about a person."""

    classification: str
    pii: bool


def highest(found: Iterable[Sensitivity]) -> Sensitivity:
    """The strictest classification of several, and whether any tells about a person.

    Example:
        >>> highest([Sensitivity(classification="public", pii=False),
        ...          Sensitivity(classification="confidential", pii=True)])
        Sensitivity(classification='confidential', pii=True)
    """
    every = list(found)
    return Sensitivity(
        classification=max(
            (one.classification for one in every), key=CLASSIFICATIONS.index, default="public"
        ),
        pii=any(one.pii for one in every),
    )


def table_columns(dataset: Dataset, kind: TableKind) -> Sequence[TableColumn]:
    """The columns of one of the dataset's tables, those of the platform included."""
    if kind == "raw":
        return (*tables.landed_columns(dataset), tables.RAW_PARTITION)
    if is_window(kind):
        return tables.window_columns(dataset, window_of(dataset.windows, kind))
    made = {
        "candidate": tables.candidate_columns,
        "quarantine": tables.quarantine_columns,
        "staged": tables.staged_columns,
        "curated": tables.curated_columns,
        "deleted": tables.deleted_columns,
    }
    return made[kind](dataset)


def column_sensitivities(dataset: Dataset, kind: TableKind) -> dict[str, Sensitivity]:
    """The sensitivity of each column of one of the dataset's tables, in the table's order."""
    own = {one.name: Sensitivity(classification=one.classification, pii=one.pii) for one in dataset.columns}
    every = highest(own.values())
    plain = Sensitivity(
        classification=min(DEFAULT_CLASSIFICATION, every.classification, key=CLASSIFICATIONS.index), pii=False
    )
    masked = {one.masked_name for one in dataset.columns if one.masked_name}
    known = {**dict.fromkeys(masked, Sensitivity(classification=DEFAULT_CLASSIFICATION, pii=False)), **own}
    known[OFFENDING_VALUE] = every
    if is_window(kind):  # a figure tells as much as the column that it was made of
        measures = window_of(dataset.windows, kind).measures
        known |= {one.name: own[one.column] if one.column else plain for one in measures}
    return {column.name: known.get(column.name, plain) for column in table_columns(dataset, kind)}


def columns_by_sensitivity(dataset: Dataset, kind: TableKind) -> dict[Sensitivity, tuple[str, ...]]:
    """The columns of one of the dataset's tables, those of one sensitivity together."""
    columns = column_sensitivities(dataset, kind)
    groups = sorted(set(columns.values()), key=lambda one: (one.classification, one.pii))
    return {group: tuple(name for name, found in columns.items() if found == group) for group in groups}


def table_sensitivity(dataset: Dataset, kind: TableKind) -> Sensitivity:
    """The sensitivity of one of the dataset's tables: that of its most sensitive column."""
    return highest(column_sensitivities(dataset, kind).values())


def domain_sensitivity(domain: Domain) -> Sensitivity:
    """The sensitivity of whatever may be derived from a domain: that of its most sensitive table."""
    return highest(
        table_sensitivity(dataset, kind) for dataset in domain.datasets for kind in kinds_of(dataset)
    )
