"""What is loaded of a topic's partitions, and which dead letters are about to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stream_loader.items import Condition, padded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream_loader.change_file import ChangeFile
    from stream_loader.items import Items

WRITTEN = "written"
_BEGINS = "(attribute_not_exists(#next_offset) AND :old = :zero OR #next_offset = :old)"


@dataclass(frozen=True, kw_only=True)
class Intent:
    """Dead letters that an attempt was about to write, and of which some may be there.

    It stays until all offsets of it are loaded: the next attempt's batch may end elsewhere.

    Args:
        ends: Where the topic of dead letters ended before, by its partition.
        through: The last offset of a record that may be there.
    """

    ends: Mapping[int, int]
    through: int


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a partition is loaded.

    Args:
        next_offset: From which on nothing is loaded; 0 before the first batch.
        intent: Of an attempt that did not come to its end.
    """

    next_offset: int = 0
    intent: Intent | None = None


@dataclass(frozen=True, kw_only=True)
class Commit:
    """What a batch adds.

    Args:
        partition: Of the topic.
        old: The next offset before it.
        new: The next offset after it.
        file: Its file; None when no record of it can be loaded.
        rows: Rows in the file.
        intent: That stands in the ledger.
        counts: What is added to the partition's counts: records, rows, deletions, dead_letters, duplicates.
    """

    partition: int
    old: int
    new: int
    file: ChangeFile | None
    rows: int = 0
    intent: Intent | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


class Ledger:
    """The batches of one topic.

    Args:
        items: The topic's items.
    """

    def __init__(self, items: Items) -> None:
        self._items = items

    def progress(self, partition: int) -> Progress:
        """How far a partition is loaded."""
        return _progress(self._items.get(_partition(partition)))

    def claim(
        self, partition: int, *, next_offset: int, claim: str, instead_of: str | None = None
    ) -> Progress:
        """Say that this attempt loads from an offset on; who claimed before cannot commit any more.

        Args:
            partition: Of the topic.
            next_offset: Where it begins.
            claim: A name that no other attempt has.
            instead_of: The claim that must stand there; any when it is None.

        Raises:
            Overtaken: when the batch is loaded already, or another has claimed it since.
        """
        condition = _still(next_offset, instead_of)
        update = self._items.update(_partition(partition), setting={"claim": claim}, condition=condition)
        return _progress(self._items.changed(update))

    def intend(self, partition: int, intent: Intent, *, next_offset: int, claim: str) -> None:
        """Say that dead letters are about to be written.

        Raises:
            Overtaken: when another attempt has claimed or committed the batch.
        """
        said = {"ends": {str(name): end for name, end in intent.ends.items()}, "through": intent.through}
        condition = _still(next_offset, claim)
        self._items.write(
            self._items.update(_partition(partition), setting={"intent": said}, condition=condition)
        )

    def commit(self, done: Commit, *, claim: str) -> None:
        """Commit a batch: its file, the next offset, its counts and the end of its intent, all or nothing.

        Raises:
            Overtaken: when another attempt has claimed or committed it.
        """
        over = done.intent is not None and done.intent.through < done.new
        actions = [
            self._items.update(
                _partition(done.partition),
                setting={"next_offset": done.new},
                adding={name: count for name, count in done.counts.items() if count},
                removing=("intent",) if over else (),
                condition=_still(done.old, claim),
            )
        ]
        if done.file:
            values = {
                "path": done.file.path,
                "day": done.file.day,
                "first": done.old,
                "last": done.new - 1,
                "rows": done.rows,
                "state": WRITTEN,
            }
            actions.append(self._items.put(f"file:{done.partition}:{padded(done.old)}", values))
        self._items.write(*actions)


def _progress(item: Mapping[str, Any]) -> Progress:
    said = item.get("intent")
    intent = None
    if said:
        ends = {int(name): end for name, end in said["ends"].items()}
        intent = Intent(ends=ends, through=said["through"])
    return Progress(next_offset=item.get("next_offset", 0), intent=intent)


def _still(next_offset: int, claim: str | None) -> Condition:
    """That nothing is loaded from an offset on, and nobody else has claimed it."""
    if claim is None:
        return Condition(_BEGINS, ("next_offset",), old=next_offset, zero=0)
    return Condition(
        f"#claim = :before AND {_BEGINS}", ("next_offset", "claim"), old=next_offset, zero=0, before=claim
    )


def _partition(partition: int) -> str:
    return f"partition:{partition}"
