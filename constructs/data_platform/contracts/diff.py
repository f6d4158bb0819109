"""What changed between two versions of a contract, and for whom it breaks something.

A change breaks consumers when a query or a grant that works today may stop working or mean something else.
It breaks producers when a delivery that is accepted today may be refused or end in quarantine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Bump, Change, required_bump, version_is_enough
from data_platform.contracts.check_changes import check_changes
from data_platform.contracts.column_changes import column_changes
from data_platform.contracts.promise_changes import promise_changes
from data_platform.contracts.role_changes import role_changes
from data_platform.contracts.sources import source_changes
from data_platform.contracts.stream_changes import stream_changes
from data_platform.contracts.window_changes import window_changes

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset

__all__ = ["Breaks", "Bump", "Change", "diff", "required_bump", "version_is_enough"]


def diff(old: Dataset, new: Dataset) -> tuple[Change, ...]:
    """Every change from `old` to `new`, the breaking ones first.

    Args:
        old: The contract that people rely on today.
        new: The contract that is to replace it.
    """
    changes = [
        *_identity(old, new),
        *column_changes(old, new),
        *check_changes(old, new),
        *role_changes(old, new),
        *promise_changes(old, new),
        *source_changes(old, new),
        *stream_changes(old, new),
        *window_changes(old, new),
    ]
    order = {Breaks.CONSUMERS: 0, Breaks.PRODUCERS: 1, Breaks.NOBODY: 2}
    return tuple(sorted(changes, key=lambda change: order[change.breaks]))


def _identity(old: Dataset, new: Dataset) -> list[Change]:
    changes = []
    for field in ("domain", "name"):
        before, after = getattr(old, field), getattr(new, field)
        if before != after:
            reason = "tables and grants get other names"
            changes.append(
                Change(field=field, what=f"{before} -> {after}", breaks=Breaks.CONSUMERS, reason=reason)
            )
    if old.id != new.id:
        what, reason = f"{old.id} -> {new.id}", "whoever refers to the contract by id loses it"
        changes.append(Change(field="id", what=what, breaks=Breaks.CONSUMERS, reason=reason))
    if old.status != new.status:
        gone = new.status == "retired"
        breaks = Breaks.CONSUMERS if gone else Breaks.NOBODY
        reason = "nobody keeps a retired dataset" if gone else "a status is advice"
        changes.append(
            Change(field="status", what=f"{old.status} -> {new.status}", breaks=breaks, reason=reason)
        )
    texts = ("description", "owner", "support_channel")
    changes += [
        Change(field=field, what="changed", breaks=Breaks.NOBODY, reason="words for people", only_words=True)
        for field in texts
        if getattr(old, field) != getattr(new, field)
    ]
    return changes
