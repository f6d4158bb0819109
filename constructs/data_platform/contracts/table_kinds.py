"""The tables that every dataset has, by kind: what they are called and in whose database they are."""

from __future__ import annotations

from typing import Literal

TableKind = Literal["raw", "candidate", "quarantine", "staged", "curated"]
KINDS: tuple[TableKind, ...] = ("raw", "candidate", "quarantine", "staged", "curated")


def table_name(dataset: str, kind: str) -> str:
    """The physical name of a dataset's table of that kind; raw, staged and curated are the dataset itself.

    Example:
        >>> table_name("flights", "quarantine"), table_name("flights", "curated")
        ('flights_quarantine', 'flights')
    """
    return f"{dataset}_{kind}" if kind in ("candidate", "quarantine") else dataset


def zone_of(kind: str) -> str:
    """The zone in whose database a table of that kind is.

    Example:
        >>> zone_of("quarantine"), zone_of("raw")
        ('staged', 'raw')
    """
    return "staged" if kind in ("candidate", "quarantine") else kind
