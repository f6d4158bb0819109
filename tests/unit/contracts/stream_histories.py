"""Histories of a source's table as its log tells them, and every way in which they may reach the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

Change = tuple[str, int, dict[str, Any]]  # what happened, at which place of the log, with which values
_KEYS = st.integers(1, 2)
_ROW = st.tuples(
    st.sampled_from(["a", "b", "c", None]), st.sampled_from(["1", "20", None]), st.sampled_from(["x@y", None])
)
_BEFORE_THE_LOG = 0  # the place of a row that an incremental snapshot reads


@dataclass(frozen=True, kw_only=True)
class History:
    """What happened, and how it is told.

    Args:
        changes: All changes in the order of the log.
        final: The table at the end: row by key.
        files: The changes as they come, file by file: late, early, repeated.
        merges: Which files each merge takes, and how many of its statements run before it dies (None: all do).
    """

    changes: tuple[Change, ...]
    final: dict[int, tuple[Any, ...]]
    files: tuple[tuple[Change, ...], ...]
    merges: tuple[tuple[tuple[int, ...], int | None], ...]


class _Table:
    """A source's table, and its log as the connector tells it."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[Any, ...]] = {}
        self.log: list[Change] = []
        self._at = 100

    def tell(self, operation: str, key: int, *, place: int | None = None) -> None:
        names = ("name", "seats", "email")
        values = {} if operation == "d" else dict(zip(names, self.rows[key], strict=True))
        at = self._at if place is None else place
        self.log.append((operation, at, {"id": str(key)} | values))

    def next(self) -> None:
        self._at += 8

    def snapshot(self) -> None:
        """Reads the whole table: each row stands one before the next change."""
        for key in self.rows:
            self.tell("r", key, place=self._at - 1)


@st.composite
def histories(draw: Callable[..., Any]) -> History:
    """A history and a way to deliver it: each change at least once, in any order, in any files, in any merges."""
    table = _Table()
    table.rows = draw(st.dictionaries(_KEYS, _ROW, max_size=2))
    table.snapshot()
    for what in draw(
        st.lists(st.sampled_from(["put", "put", "delete", "delete", "move", "read", "snapshot"]), max_size=10)
    ):
        _happen(table, what, draw)
    told = draw(st.permutations(table.log))
    if table.log:
        told = told + draw(st.lists(st.sampled_from(table.log), max_size=4))  # again, after a restart
    files = _cut(told, draw)
    return History(
        changes=tuple(table.log), final=dict(table.rows), files=files, merges=_merges(len(files), draw)
    )


def _happen(table: _Table, what: str, draw: Callable[..., Any]) -> None:
    key = draw(_KEYS)
    there = key in table.rows
    table.next()
    if what == "put":
        table.rows[key] = draw(_ROW)
        table.tell("u" if there else "c", key)
    elif what == "delete" and there:
        del table.rows[key]
        table.tell("d", key)
    elif what == "move" and there:  # the connector tells it as two changes at one place in the log
        other = draw(_KEYS)
        if other not in table.rows:
            table.rows[other] = table.rows.pop(key)
            table.tell("d", key)
            table.tell("c", other)
    elif what == "read" and there:
        table.tell("r", key, place=_BEFORE_THE_LOG)
    elif what == "snapshot":
        table.snapshot()


def _cut(told: list[Change], draw: Callable[..., Any]) -> tuple[tuple[Change, ...], ...]:
    files, at = [], 0
    while at < len(told):
        size = draw(st.integers(1, 4))
        files.append(tuple(told[at : at + size]))
        at += size
    return tuple(files)


def _merges(files: int, draw: Callable[..., Any]) -> tuple[tuple[tuple[int, ...], int | None], ...]:
    """Files in groups; a merge that dies is followed by one that takes the same files and more."""
    found: list[tuple[tuple[int, ...], int | None]] = []
    first = end = 0
    while end < files:
        end = min(files, end + draw(st.integers(1, 3)))
        dies = draw(st.sampled_from([None, None, 0, 1, 2]))
        found.append((tuple(range(first, end)), dies))
        if dies is None:
            first = end
    if found and found[-1][1] is not None:
        found.append((tuple(range(first, files)), None))
    return tuple(found)
