"""Whether a file's columns are the contract's: names and types, before a row is read."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from data_platform.contracts.types import normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.contracts.model import Dataset

_DUCKDB = {
    "boolean": ("BOOLEAN",),
    "tinyint": ("TINYINT",),
    "smallint": ("SMALLINT",),
    "int": ("INTEGER",),
    "bigint": ("BIGINT",),
    "float": ("FLOAT",),
    "double": ("DOUBLE",),
    "string": ("VARCHAR",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S"),
}


def findings(dataset: Dataset, found: Mapping[str, str]) -> list[str]:
    """What is wrong with a file's columns, a sentence each; empty when they may land.

    Args:
        dataset: The contract.
        found: DuckDB's type by column name; CSV files have none, so every column is VARCHAR there.
    """
    return [*_missing(dataset, found), *_mistyped(dataset, found), *_unknown(dataset, found)]


def _missing(dataset: Dataset, found: Mapping[str, str]) -> Iterator[str]:
    for column in dataset.columns:
        if column.name not in found:
            close = get_close_matches(column.name, list(found), n=1)
            hint = f"; is it {close[0]!r}?" if close else ""
            yield f"column {column.name!r} is missing{hint}"


def _mistyped(dataset: Dataset, found: Mapping[str, str]) -> Iterator[str]:
    if dataset.source.format == "csv":
        return
    for column in dataset.columns:
        allowed = _allowed(column.source_type)
        if column.name in found and found[column.name] not in allowed:
            yield f"column {column.name!r} is {found[column.name]}, the contract says {column.source_type}"


def _unknown(dataset: Dataset, found: Mapping[str, str]) -> Iterator[str]:
    """A column that the contract does not know may hold anything: beside personal data it does not land."""
    if not any(column.pii for column in dataset.columns):
        return
    known = {column.name for column in dataset.columns}
    for name in found:
        if name not in known:
            yield f"column {name!r} is not in the contract, which cannot say how to mask it"


def _allowed(type_name: str) -> tuple[str, ...]:
    name = normal(type_name)
    return _DUCKDB.get(name, (name.upper(),))
