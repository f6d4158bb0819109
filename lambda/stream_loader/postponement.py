"""When a merge may wait: a topic that is far ahead is caught up by merging many batches at once.

A merge costs seconds however few rows it takes. While Kafka holds more of every partition of a batch, Lambda calls
again for each of them, and the last call, beyond which nothing is, merges. A scheduled look merges what is left all
the same: behind a transaction's marker there is an offset and no record.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream_loader.backlog import Backlog

MOST_ROWS = 100_000
MOST_SECONDS = 30.0


class Postponement:
    """What one process has committed since it last merged.

    Args:
        backlog: Of the topic.
        most_rows: Rows that may wait.
        most_seconds: For how long they may.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        backlog: Backlog,
        *,
        most_rows: int = MOST_ROWS,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._backlog, self._clock = backlog, clock
        self._most_rows, self._most_seconds = most_rows, most_seconds
        self._merged_at: float | None = None
        self._rows = 0

    def allows(self, offsets: Mapping[int, int], *, rows: int) -> bool:
        """Whether what a call has committed may be merged by a later one; a process merges first of all.

        Args:
            offsets: The next offset of each partition that the call had records of.
            rows: Rows that it committed.
        """
        self._rows += rows
        if self._merged_at is None or self._rows >= self._most_rows:
            return False
        if self._clock() - self._merged_at >= self._most_seconds:
            return False
        return self._backlog.holds_more(offsets)

    def merged(self) -> None:
        """Say that nothing of this process waits any more."""
        self._merged_at, self._rows = self._clock(), 0
