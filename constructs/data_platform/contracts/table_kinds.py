"""The tables that a dataset has, by kind: what they are called and in whose database they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.windows import PREFIX

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset

# raw, candidate, quarantine, staged, curated, deleted; `window_<name>` for each view by windows of events.
TableKind = str
KINDS: tuple[TableKind, ...] = ("raw", "candidate", "quarantine", "staged", "curated")
# What cannot be loaded of a stream lies in its dead-letter topic; `deleted` knows which rows are gone, and since when.
_OF_CHANGES: tuple[TableKind, ...] = ("raw", "deleted", "staged", "curated")
_OF_EVENTS: tuple[TableKind, ...] = ("raw", "staged", "curated")
# Only what loads a dataset reads these, and that whole.
OF_RUNS = ("candidate", "deleted")
_BESIDE = ("candidate", "quarantine", "deleted")


def kinds_of(dataset: Dataset) -> tuple[TableKind, ...]:
    """The kinds of tables that a dataset has: those of a day's run, or those of a stream."""
    if dataset.stream is None:
        return KINDS
    if dataset.physical_type != "topic":
        return _OF_CHANGES
    return (*_OF_EVENTS, *(window.kind for window in dataset.windows))


def table_name(dataset: str, kind: str) -> str:
    """The physical name of a dataset's table of that kind; raw, staged and curated are the dataset itself.

    Example:
        >>> table_name("flights", "quarantine"), table_name("flights", "curated"), table_name("clicks", "window_hourly")
        ('flights_quarantine', 'flights', 'clicks_hourly')
    """
    if is_window(kind):
        return f"{dataset}_{kind.removeprefix(PREFIX)}"
    return f"{dataset}_{kind}" if kind in _BESIDE else dataset


def zone_of(kind: str) -> str:
    """The zone in whose database a table of that kind is.

    Example:
        >>> zone_of("quarantine"), zone_of("deleted"), zone_of("raw")
        ('staged', 'staged', 'raw')
    """
    if is_window(kind):
        return "curated"
    return "staged" if kind in _BESIDE else kind


def zone_tag(kind: str) -> str:
    """The value of the tag `zone` of a table of that kind: what only loads and runs read is tagged as candidates are.

    Example:
        >>> zone_tag("deleted"), zone_tag("quarantine"), zone_tag("window_hourly")
        ('candidate', 'quarantine', 'curated')
    """
    return "candidate" if kind in OF_RUNS else "curated" if is_window(kind) else kind


def is_window(kind: str) -> bool:
    """Whether a table of that kind is a view by windows of time, which holds figures and no rows.

    Example:
        >>> is_window("window_hourly"), is_window("curated")
        (True, False)
    """
    return kind.startswith(PREFIX)
