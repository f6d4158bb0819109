"""Which dead letters nobody has sent again: how many there are, and since when the oldest one waits.

No record is counted one by one. A topic of dead letters loses records at its front alone, and `dp replay` marks in the
ledger what it has sent, so what is open is what the topic holds less its marks. Of all records one is read: the first
that has no mark, for its time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stream_loader.items import padded

if TYPE_CHECKING:
    from stream_loader.dead_letters import DeadLetters
    from stream_loader.items import Items
    from stream_loader.measures import Measures

_SENT = "sent"


@dataclass(frozen=True, kw_only=True)
class OpenLetters:
    """Dead letters that wait.

    Args:
        count: How many.
        oldest_seconds: For how long the first of them has waited; 0 when none does.
    """

    count: int
    oldest_seconds: float


def open_letters(dead_letters: DeadLetters, items: Items, *, now: float | None = None) -> OpenLetters:
    """The dead letters of a topic that are not marked as sent again.

    Args:
        dead_letters: The topic of dead letters.
        items: The topic's items of the ledger, with the marks of `dp replay`.
        now: Seconds since 1970; the clock's when it is None.

    Raises:
        NotWritten: when Kafka does not answer.
        botocore.exceptions.ClientError: when DynamoDB does not.
    """
    count, written = 0, []
    for partition, (low, high) in sorted(dead_letters.bounds().items()):
        sent = _sent(items, partition, low, high)
        left = high - low - len(sent)
        if not left:
            continue
        count += left
        first = next(offset for offset in range(low, high) if offset not in sent)
        if (at := dead_letters.written_at(partition, first)) is not None:
            written.append(at)
    moment = time.time() if now is None else now
    return OpenLetters(count=count, oldest_seconds=max(0.0, moment - min(written)) if written else 0.0)


def tell(found: OpenLetters, measures: Measures) -> None:
    """Write what waits as figures; an alarm rings on the second one.

    Args:
        found: What waits.
        measures: The dataset's figures, written here.
    """
    measures.count({"OpenDeadLetters": found.count})
    measures.seconds("OldestDeadLetterSeconds", [round(found.oldest_seconds, 3)])
    measures.write()


def _sent(items: Items, partition: int, low: int, high: int) -> set[int]:
    """Offsets that were sent again, of those that are still there; one that was about to be sent is open."""
    if low >= high:
        return set()
    head = f"replay:{partition}:"
    marks = items.between(head + padded(low), head + padded(high - 1))
    return {int(mark["ingest_date"].rpartition(":")[2]) for mark in marks if mark.get("state") == _SENT}
