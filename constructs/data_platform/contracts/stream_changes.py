"""Changes of a dataset's stream: what becomes of records, keys and schemas that are in use today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.change import Breaks, Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.streams import Stream

# What each mode promises: that new readers read old records, and old readers new ones; of the last version or all.
_PROMISES = {
    "NONE": set(),
    "BACKWARD": {"backward"},
    "BACKWARD_ALL": {"backward", "backward all"},
    "FORWARD": {"forward"},
    "FORWARD_ALL": {"forward", "forward all"},
    "FULL": {"backward", "forward"},
    "FULL_ALL": {"backward", "forward", "backward all", "forward all"},
}


def stream_changes(old: Dataset, new: Dataset) -> Iterator[Change]:
    """What happened to the stream. Whether schemas of one topic fit together, a library of their format judges."""
    before, after = old.stream, new.stream
    if old.physical_type != new.physical_type:
        what = f"{old.physical_type} -> {new.physical_type}"
        reason = "whoever brings rows must bring them in another way"
        yield Change(field="physical type", what=what, breaks=Breaks.PRODUCERS, reason=reason)
    if before is None and after is not None:
        yield _change("", f"added: {after.topic}", Breaks.NOBODY, "nobody reads it yet")
    elif before is not None and after is None:
        yield _change(
            "", f"removed: {before.topic}", Breaks.CONSUMERS, "what reads the topic gets nothing more"
        )
    elif before is not None and after is not None:
        yield from _topic(before, after)
        yield from _schema(before, after)
        yield from _moments(old, new)


def _topic(old: Stream, new: Stream) -> Iterator[Change]:
    if old.topic != new.topic:
        reason = "records go to a new topic with a new subject; readers follow when they are ready"
        yield _change(" topic", f"{old.topic} -> {new.topic}", Breaks.CONSUMERS, reason)
    if old.partitions != new.partitions:
        yield _partitions(old, new)
    for name, before, after, shorter in (
        ("retention", old.retention_ms, new.retention_ms, Breaks.CONSUMERS),
        (
            "dead letters' retention",
            old.dead_letter_retention_ms,
            new.dead_letter_retention_ms,
            Breaks.NOBODY,
        ),
    ):
        if before != after:
            less = after < before
            reason = (
                "records vanish earlier, and what reads late misses them" if less else "records stay longer"
            )
            yield _change(f" {name}", f"{before} -> {after} ms", shorter if less else Breaks.NOBODY, reason)
    if old.cleanup != new.cleanup:
        yield _cleanup(old, new)
    if old.key != new.key:
        what = f"({', '.join(old.key)}) -> ({', '.join(new.key)})"
        reason = "records of one row move to other partitions, and their order is lost"
        yield _change(" key", what, Breaks.CONSUMERS, reason)


def _partitions(old: Stream, new: Stream) -> Change:
    what = f"{old.partitions} -> {new.partitions}"
    if new.partitions < old.partitions:
        breaks, reason = Breaks.CONSUMERS, "Kafka takes no partition away: only a new topic has fewer"
    elif "compact" in new.cleanup:
        breaks, reason = Breaks.CONSUMERS, "keys move, and a stale record of each stays in its old partition"
    else:
        breaks, reason = Breaks.NOBODY, "keys move once: their order holds again when older records are read"
    return _change(" partitions", what, breaks, reason)


def _cleanup(old: Stream, new: Stream) -> Change:
    what = f"{'+'.join(old.cleanup)} -> {'+'.join(new.cleanup)}"
    lost = set(new.cleanup) - set(old.cleanup)
    reason = "records are removed that stay today" if lost else "nothing is removed that stays today"
    return _change(" cleanup", what, Breaks.CONSUMERS if lost else Breaks.NOBODY, reason)


def _schema(old: Stream, new: Stream) -> Iterator[Change]:
    if old.format != new.format:
        reason = "bytes are written in another format"
        yield _change(" format", f"{old.format} -> {new.format}", Breaks.CONSUMERS, reason)
    if old.compatibility != new.compatibility:
        less = _PROMISES[old.compatibility] - _PROMISES[new.compatibility]
        reason = f"no longer promised: {', '.join(sorted(less))}" if less else "more is promised"
        what = f"{old.compatibility} -> {new.compatibility}"
        yield _change(" compatibility", what, Breaks.CONSUMERS if less else Breaks.NOBODY, reason)
    if old.masked_by != new.masked_by:
        what = f"{old.masked_by} -> {new.masked_by}"
        yield _change(
            " maskedBy", what, Breaks.CONSUMERS, "records hold tokens instead of clear text, or the reverse"
        )
    gone = [one.name for one in old.reserved if one not in new.reserved]
    if gone and old.topic == new.topic:
        reason = "old records hold the numbers still, and a new column could get one"
        yield _change(" reserved", f"{', '.join(gone)} given free", Breaks.CONSUMERS, reason)


def _moments(old: Dataset, new: Dataset) -> Iterator[Change]:
    before = {column.name: column for column in old.columns}
    for column in new.columns:
        was = before.get(column.name)
        if was is not None and was.instant != column.instant:
            what = f"timezone {was.instant} -> {column.instant}"
            reason = "the same number stands for another moment"
            yield Change(field=f"columns.{column.name}", what=what, breaks=Breaks.CONSUMERS, reason=reason)
        if was is not None and was.field_number != column.field_number and old.stream and new.stream:
            what = f"field number {was.field_number} -> {column.field_number}"
            same = old.stream.topic == new.stream.topic and old.stream.format == new.stream.format
            reason = "old records have it under the old number" if same else "a new topic has no old records"
            breaks = Breaks.CONSUMERS if same else Breaks.NOBODY
            yield Change(field=f"columns.{column.name}", what=what, breaks=breaks, reason=reason)


def _change(field: str, what: str, breaks: Breaks, reason: str) -> Change:
    return Change(field=f"stream{field}", what=what, breaks=breaks, reason=reason)
