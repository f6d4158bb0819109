"""How long changes are on their way: when Athena first shows a row in staged, and when the source committed it."""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from operations.laptop.both_sides import READER
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

_PAUSE_SECONDS = 0.2


class Arrivals:
    """Watches a captured dataset from outside, as an engineer at Athena.

    What is measured holds the query that shows a row, so it is a little too long, and never too short. A row that
    changed again before it was seen counts with its last change, a deletion not at all.

    Args:
        connection: The environment.
        naming: Physical names of the domain.
        dataset: The contract.
    """

    def __init__(self, connection: Connection, naming: Naming, dataset: Dataset) -> None:
        self._reader = connection.assume(naming.role_arn(READER))
        self._workgroup = naming.workgroup_of(READER)
        key = ", ".join(f'"{name}"' for name in dataset.primary_key)
        self._sql = (
            f'SELECT {key}, "_position", to_unixtime(CAST("_committed_at" AS timestamp(6)) AT TIME ZONE \'UTC\')'
            f' FROM "{naming.database("staged")}"."{dataset.name}"'
        )
        self._seen: set[tuple[str | None, ...]] = set()
        self._seconds: list[float] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch while the block runs; what is there before it does not count."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                self._seconds += self._fresh()
                ended.wait(_PAUSE_SECONDS)

        self._fresh()
        watcher = threading.Thread(target=watch, name="arrivals", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def quantile(self, part: float) -> float | None:
        """The seconds that this part of the rows took at most; None when none was seen."""
        return quantile(self._seconds, part)

    def _fresh(self) -> list[float]:
        """Of each row that was not seen before: the seconds since its commit."""
        found = ask(self._reader, self._sql, workgroup=self._workgroup).rows
        now = time.time()
        fresh = [tuple(row) for row in found if tuple(row) not in self._seen]
        self._seen.update(fresh)
        return [now - float(row[-1] or 0) for row in fresh]


def quantile(values: Sequence[float], part: float) -> float | None:
    """The smallest of the values that is no less than this part of them; None of nothing.

    Example:
        >>> quantile([3.0, 1.0, 2.0, 4.0], 0.5), quantile([1.0, 2.0], 0.99), quantile([], 0.5)
        (2.0, 2.0, None)
    """
    if not values:
        return None
    return round(sorted(values)[max(0, math.ceil(part * len(values)) - 1)], 2)
