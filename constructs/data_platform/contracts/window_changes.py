"""Changes of a dataset's windows: a figure that is counted otherwise is another figure, and has another table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.windows import Window


def window_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to the windows of a contract."""
    before = {window.name: window for window in old.windows}
    after = {window.name: window for window in new.windows}
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None:
            yield _change(
                name, "added", Breaks.NOBODY, "nobody reads it yet; it counts what comes from now on"
            )
        elif now is None:
            yield _change(name, "removed", Breaks.CONSUMERS, "queries of its table fail")
        elif was != now:
            yield from _window(name, was, now)


def _window(name: str, old: Window, new: Window) -> Iterator[Change]:
    if old.lateness_seconds != new.lateness_seconds:
        less = new.lateness_seconds < old.lateness_seconds
        reason = "windows close earlier, and more rows come too late" if less else "windows wait longer"
        what = f"lateness {old.lateness_seconds} -> {new.lateness_seconds} s"
        yield _change(name, what, Breaks.CONSUMERS if less else Breaks.NOBODY, reason)
    for field in ("size_seconds", "time", "by", "measures"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            reason = "its rows mean something else, and its table has other columns: give it another name"
            yield _change(name, f"{field.removesuffix('_seconds')} changed", Breaks.CONSUMERS, reason)


def _change(name: str, what: str, breaks: Breaks, reason: str) -> Change:
    return Change(field=f"windows.{name}", what=what, breaks=breaks, reason=reason)
