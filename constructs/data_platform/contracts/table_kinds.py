"""The tables that a dataset has, by kind: what they are called and in whose database they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset

TableKind = Literal["raw", "candidate", "quarantine", "staged", "curated", "deleted"]
KINDS: tuple[TableKind, ...] = ("raw", "candidate", "quarantine", "staged", "curated")
# What cannot be loaded of a stream lies in its dead-letter topic; `deleted` knows which rows are gone, and since when.
_OF_CHANGES: tuple[TableKind, ...] = ("raw", "deleted", "staged", "curated")
_OF_EVENTS: tuple[TableKind, ...] = ("raw", "staged", "curated")
_BESIDE = ("candidate", "quarantine", "deleted")


def kinds_of(dataset: Dataset) -> tuple[TableKind, ...]:
    """The kinds of tables that a dataset has: those of a day's run, or those of a stream."""
    if dataset.stream is None:
        return KINDS
    return _OF_EVENTS if dataset.physical_type == "topic" else _OF_CHANGES


def table_name(dataset: str, kind: str) -> str:
    """The physical name of a dataset's table of that kind; raw, staged and curated are the dataset itself.

    Example:
        >>> table_name("flights", "quarantine"), table_name("flights", "curated")
        ('flights_quarantine', 'flights')
    """
    return f"{dataset}_{kind}" if kind in _BESIDE else dataset


def zone_of(kind: str) -> str:
    """The zone in whose database a table of that kind is.

    Example:
        >>> zone_of("quarantine"), zone_of("deleted"), zone_of("raw")
        ('staged', 'staged', 'raw')
    """
    return "staged" if kind in _BESIDE else kind
