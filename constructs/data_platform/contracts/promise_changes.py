"""Changes of what a contract promises beyond rows: retention, lock, deadline, freshness, data subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Dataset


def promise_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to retention, Object Lock, deadline, freshness and the data subject."""
    yield from _retention(old, new)
    yield from _times(old, new)
    if old.subject != new.subject:
        what, reason = f"{old.subject} -> {new.subject}", "erasure finds a person's rows by another column"
        yield Change(field="subject", what=what, breaks=Breaks.NOBODY, reason=reason)


def _retention(old: Dataset, new: Dataset) -> Iterator[Change]:
    if old.retention != new.retention:
        shorter = new.retention.days < old.retention.days
        what = f"{old.retention.days} -> {new.retention.days} days"
        breaks = Breaks.CONSUMERS if shorter else Breaks.NOBODY
        reason = "old data vanishes earlier" if shorter else "data stays as long or longer, or ages otherwise"
        yield Change(field="retention", what=what, breaks=breaks, reason=reason)
    if old.object_lock != new.object_lock:
        before, after = ((one.object_lock.days if one.object_lock else 0) for one in (old, new))
        weaker = after < before
        breaks = Breaks.CONSUMERS if weaker else Breaks.NOBODY
        reason = "new files are protected for a shorter time" if weaker else "files are protected longer"
        yield Change(field="object lock", what=f"{before} -> {after} days", breaks=breaks, reason=reason)


def _times(old: Dataset, new: Dataset) -> Iterator[Change]:
    if old.deadline != new.deadline:
        later = new.deadline is None or (old.deadline is not None and new.deadline > old.deadline)
        breaks = Breaks.CONSUMERS if later else Breaks.NOBODY
        reason = "what reads at the old time finds nothing" if later else "data is promised earlier"
        yield Change(field="deadline", what=f"{old.deadline} -> {new.deadline}", breaks=breaks, reason=reason)
    if old.freshness_seconds != new.freshness_seconds:
        before, after = old.freshness_seconds, new.freshness_seconds
        older = after is None or (before is not None and after > before)
        breaks = Breaks.CONSUMERS if older else Breaks.NOBODY
        reason = "data may be older than was promised" if older else "data is promised fresher"
        yield Change(field="freshness", what=f"{before} -> {after} s", breaks=breaks, reason=reason)
