"""The right to merge a topic: one call has it at a time, and it ends by itself when that call dies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from stream_loader.items import SORT, Condition, Overtaken

if TYPE_CHECKING:
    from stream_loader.items import Items

SECONDS = 60  # how long it lasts without being prolonged


class Lease:
    """The lease of one topic, as one call sees it.

    Args:
        items: The topic's items.
        owner: A name that no other call has.
    """

    def __init__(self, items: Items, owner: str) -> None:
        self._items, self._owner = items, owner

    def take(self) -> bool:
        """Take or prolong it; whether it is ours."""
        now = time.time_ns() // 10**6
        free = Condition(
            f"attribute_not_exists({SORT}) OR #owner = :owner OR #until < :now",
            ("owner", "until"),
            owner=self._owner,
            now=now,
        )
        values = {"owner": self._owner, "until": now + SECONDS * 1000}
        try:
            self._items.write(self._items.put("lease", values, free))
        except Overtaken:
            return False
        return True

    def free(self) -> None:
        """Give it back, if it is still ours."""
        ours = Condition("#owner = :owner", ("owner",), owner=self._owner)
        try:
            self._items.write(self._items.delete("lease", ours))
        except Overtaken:
            return
