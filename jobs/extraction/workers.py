"""The workers of one table: each reads ranges with a connection of its own until there are no more."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.extraction.columns import BadValue
from jobs.extraction.masking import masked
from jobs.extraction.outcome import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.tokens import TokenKeys
    from jobs.extraction.pace import Pace
    from jobs.extraction.parts import Parts
    from jobs.extraction.table_read import Described, Snapshot

_AT_ONCE = 4 << 20  # bytes that are masked in one call; a cache holds them

_LAST_RANGES = 3  # from here on what is read is soon at its end


def read_all(
    snapshot: Snapshot, described: Described, parts: Parts, *, keys: TokenKeys | None, pace: Pace
) -> None:
    """Read a table's rows into its parts, masked as the contract says.

    Raises:
        Refused: when a value cannot be kept exactly; it names table, column and the row's key.
        Unreachable: when the database goes away.
        ClientError: when S3 does not take the rows.
    """
    ranges: queue.SimpleQueue[str] = queue.SimpleQueue()
    conditions = snapshot.ranges(described)
    for condition in conditions:
        ranges.put(condition)
    count = min(snapshot.workers, len(conditions))
    failed = threading.Event()

    def work(worker: int) -> None:
        try:
            while not failed.is_set() and (condition := _next(ranges)) is not None:
                if count > 1 and ranges.qsize() < _LAST_RANGES:
                    parts.ends()
                for rows in _larger(snapshot.batches(worker, described, condition)):
                    if failed.is_set():
                        return
                    pace.took(described.read.table, rows.num_rows, rows.nbytes)
                    parts.add(masked(rows, described.read.dataset, keys))
        except BadValue as bad:
            failed.set()
            raise _refusal(described, bad) from None
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(count, thread_name_prefix="read") as pool:
        for done in [pool.submit(work, worker) for worker in range(count)]:
            done.result()


def _next(ranges: queue.SimpleQueue[str]) -> str | None:
    try:
        return ranges.get_nowait()
    except queue.Empty:
        return None


def _larger(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Several batches together: masking has a cost a call beside the cost a value."""
    waiting: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        waiting.append(batch)
        size += batch.nbytes
        if size >= _AT_ONCE:
            yield pa.Table.from_batches(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _refusal(described: Described, bad: BadValue) -> Refused:
    read = described.read
    return Refused(
        f"{read.table}: column {bad.column!r} holds a value that raw cannot keep exactly ({bad.reason}) in the row "
        f"{bad.key or 'whose key is personal or unknown'}; mend the row, or declare sourceType string. "
        "Nothing was committed"
    )
