"""How fast rows are taken, and what is told of it meanwhile."""

from __future__ import annotations

import sys
import threading
import time

_TOLD_EVERY = 5.0


class Pace:
    """Counts what all workers read, holds them to the limit, and tells how far they are every few seconds.

    Args:
        rows_per_second: The limit; 0 is none.
    """

    def __init__(self, rows_per_second: int) -> None:
        self._limit = rows_per_second
        self._lock = threading.Lock()
        self._rows = self._bytes = 0
        self._started = self._told = time.monotonic()

    def took(self, table: str, rows: int, size: int) -> None:
        """Count; sleeps as long as the limit wants."""
        with self._lock:
            self._rows += rows
            self._bytes += size
            now = time.monotonic()
            spent = now - self._started
            ahead = self._rows / self._limit - spent if self._limit else 0.0
            if now - self._told >= _TOLD_EVERY:
                self._told = now
                speed = f"{self._rows / spent:,.0f} rows/s, {self._bytes / spent / 1e6:.1f} MB/s"
                sys.stderr.write(f"{table}: {self._rows:,} rows, {speed}\n")
        if ahead > 0:
            time.sleep(ahead)
