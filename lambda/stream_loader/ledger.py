"""What is loaded of a topic's partitions, and which dead letters are about to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stream_loader.items import SORT, Condition, padded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream_loader.change_file import ChangeFile
    from stream_loader.items import Items

WRITTEN = "written"
_BEGINS = "(attribute_not_exists(#next_offset) AND :old = :zero OR #next_offset = :old)"


@dataclass(frozen=True, kw_only=True)
class Commit:
    """What a batch adds.

    Args:
        partition: Of the topic.
        old: The next offset before it.
        new: The next offset after it.
        file: Its file; None when no record of it can be loaded.
        rows: Rows in the file.
        counts: What is added to the partition's counts: records, rows, deletions, dead_letters, duplicates.
    """

    partition: int
    old: int
    new: int
    file: ChangeFile | None
    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)


class Ledger:
    """The batches of one topic.

    Args:
        items: The topic's items.
    """

    def __init__(self, items: Items) -> None:
        self._items = items

    def next_offset(self, partition: int) -> int:
        """The offset from which on nothing is loaded yet; 0 before the first batch."""
        return int(self._items.get(f"partition:{partition}").get("next_offset", 0))

    def claim(self, partition: int, *, next_offset: int, claim: str, instead_of: str | None = None) -> None:
        """Say that this attempt loads from an offset on; who claimed before cannot commit any more.

        Args:
            partition: Of the topic.
            next_offset: Where it begins.
            claim: A name that no other attempt has.
            instead_of: The claim that must stand there; any when it is None.

        Raises:
            Overtaken: when the batch is loaded already, or another has claimed it since.
        """
        self._items.write(
            self._items.update(
                f"partition:{partition}",
                setting={"claim": claim},
                adding={},
                condition=_still(next_offset, instead_of),
            )
        )

    def intent(self, partition: int, offset: int) -> dict[int, int] | None:
        """Where the topic of dead letters ended before an earlier attempt at this batch wrote to it, by partition."""
        item = self._items.get(_intent(partition, offset))
        return {int(name): end for name, end in item["ends"].items()} if item else None

    def intend(self, partition: int, offset: int, ends: Mapping[int, int]) -> None:
        """Say that dead letters of the batch from an offset on are about to be written.

        Raises:
            Overtaken: when another attempt has said so since.
        """
        new = Condition(f"attribute_not_exists({SORT})")
        values = {"ends": {str(name): end for name, end in ends.items()}}
        self._items.write(self._items.put(_intent(partition, offset), values, new))

    def commit(self, done: Commit, *, claim: str) -> None:
        """Commit a batch: its file, the next offset, its counts and the end of its intent, all or nothing.

        Raises:
            Overtaken: when another attempt has claimed or committed it.
        """
        actions = [
            self._items.update(
                f"partition:{done.partition}",
                setting={"next_offset": done.new},
                adding={name: count for name, count in done.counts.items() if count},
                condition=_still(done.old, claim),
            ),
            self._items.delete(_intent(done.partition, done.old)),
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


def _still(next_offset: int, claim: str | None) -> Condition:
    """That nothing is loaded from an offset on, and nobody else has claimed it."""
    if claim is None:
        return Condition(_BEGINS, ("next_offset",), old=next_offset, zero=0)
    return Condition(
        f"#claim = :before AND {_BEGINS}", ("next_offset", "claim"), old=next_offset, zero=0, before=claim
    )


def _intent(partition: int, offset: int) -> str:
    return f"intent:{partition}:{padded(offset)}"
