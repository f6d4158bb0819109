"""Files of changes that are committed, and which of them are merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stream_loader.items import padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stream_loader.items import Items

_AT_ONCE = 40  # files marked by a transaction, which takes 100 actions
_MOST_PARTITIONS = 10_000
_AFTER = "~"  # sorts after every digit
MERGED = "merged"


@dataclass(frozen=True, kw_only=True)
class CommittedFile:
    """A file of changes that is committed and not merged yet."""

    partition: int
    first: int
    rows: int
    path: str
    day: str


class Files:
    """The files of one topic.

    Args:
        items: The topic's items.
    """

    def __init__(self, items: Items) -> None:
        self._items = items

    def written(self, *, limit: int) -> list[CommittedFile]:
        """Files that are not merged; of each partition those of the lowest offsets.

        Args:
            limit: Of how many.
        """
        found: list[CommittedFile] = []
        for item in self._items.between("partition:", f"partition:{_AFTER}", limit=_MOST_PARTITIONS):
            partition = item["ingest_date"].removeprefix("partition:")
            low = f"file:{partition}:{padded(item.get('merged_offset', 0))}"
            more = self._items.between(low, f"file:{partition}:{_AFTER}", limit=limit - len(found))
            found.extend(_file(int(partition), file) for file in more)
        return found

    def merged(self, files: Sequence[CommittedFile]) -> None:
        """Mark files as merged, in the order in which `written` gave them."""
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            through = {file.partition: file.first + 1 for file in some}
            self._items.write(
                *(
                    self._items.update(
                        f"file:{file.partition}:{padded(file.first)}",
                        setting={"state": MERGED},
                    )
                    for file in some
                ),
                *(
                    self._items.update(f"partition:{partition}", setting={"merged_offset": offset})
                    for partition, offset in through.items()
                ),
            )

    def pending(self, partition: int) -> bool:
        """Whether a partition has files that are not merged."""
        offset = self._items.get(f"partition:{partition}").get("merged_offset", 0)
        low, high = f"file:{partition}:{padded(offset)}", f"file:{partition}:{_AFTER}"
        return any(True for _ in self._items.between(low, high, limit=1))


def _file(partition: int, item: dict[str, Any]) -> CommittedFile:
    return CommittedFile(
        partition=partition, first=item["first"], rows=item["rows"], path=item["path"], day=item["day"]
    )
