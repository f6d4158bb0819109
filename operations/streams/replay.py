"""One replay of a topic: what is open, sent in chunks between two marks, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from operations.streams.letters import REPLAY_OF, Resent, Skipped
from operations.streams.marks import LEASE_SECONDS, MOST, SENDING, SENT, Place
from operations.streams.sending import DELIVERY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from operations.streams.bounds import Range
    from operations.streams.letters import Mending
    from operations.streams.marks import Mark, Marks
    from operations.streams.records import Record, Records
    from operations.streams.sending import Sender

_CHUNK_SECONDS = 10
_WAIT_SECONDS = 2.0


@dataclass(kw_only=True)
class Outcome:
    """What a replay did, by the place that was read."""

    replayed: dict[Place, tuple[int, int]] = field(default_factory=dict)
    resumed: dict[Place, tuple[int, int]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    refused: dict[Place, str] = field(default_factory=dict)
    failed: dict[Place, str] = field(default_factory=dict)
    doubtful: list[Place] = field(default_factory=list)
    poisoned: dict[Place, str] = field(default_factory=dict)
    unseen: int = 0

    @property
    def clean(self) -> bool:
        """Whether all that was chosen was replayed, and none of it came back."""
        return not (self.refused or self.failed or self.doubtful or self.poisoned)


class Replay:
    """Sends records of a topic, or its dead letters, to the topic again; each at most once.

    Args:
        marks: The ledger's marks.
        topic: The topic, to be read.
        letters: Its dead letters.
        source: Which of the two is sent again: "dlq" or "topic".
        mending: Chooses and mends.
        sender: Sends to the topic.
        name: Name of the topic.
        rate: Records a second.
    """

    def __init__(
        self,
        *,
        marks: Marks,
        topic: Records,
        letters: Records,
        source: str,
        mending: Mending,
        sender: Sender,
        name: str,
        rate: float,
    ) -> None:
        self._marks, self._topic, self._letters, self._source = marks, topic, letters, source
        self._mending, self._sender, self._name = mending, sender, name
        self._chunk = max(1, min(MOST, int(rate * _CHUNK_SECONDS)))

    def open(self, wanted: Range) -> Iterator[Record]:
        """The records of a range that no mark says were sent again; their values are not kept."""
        done = {place for place, mark in self._marks.all(self._source).items() if mark.state == SENT}
        read = self._letters if self._source == "dlq" else self._topic
        for record in read.within(wanted, read.bounds()):
            if Place(record.partition, record.offset, self._source) not in done:
                yield record

    def preview(self, wanted: Range) -> Iterator[Resent | Skipped]:
        """What would be sent; nothing is, and nothing is marked."""
        for record in self.open(wanted):
            yield self._mending.of(record, self._source)

    def run(self, wanted: Range, on_sent: Callable[[int], None] = lambda _: None) -> Outcome:
        """Replay a range.

        Args:
            wanted: The range.
            on_sent: Told how many were sent so far.

        Raises:
            CommandFailed: when another replay is at work, or Kafka does not answer.
        """
        outcome = Outcome()
        try:
            self._marks.acquire()
            self._settle(outcome)
            chunk: list[Resent] = []
            for record in self.open(wanted):
                if Place(record.partition, record.offset, self._source) in outcome.doubtful:
                    continue
                found = self._mending.of(record, self._source)
                if isinstance(found, Skipped):
                    if found.failed:
                        outcome.refused[found.place] = found.why
                    else:
                        outcome.skipped[found.why] += 1
                    continue
                chunk.append(found)
                if len(chunk) == self._chunk:
                    self._send(chunk, outcome)
                    on_sent(len(outcome.replayed))
                    chunk = []
            if chunk:
                self._send(chunk, outcome)
                on_sent(len(outcome.replayed))
        finally:
            # What may still be on its way must arrive before the next replay looks: then the lease ends by itself.
            if not self._sender.uncertain:
                self._marks.release()
        return outcome

    def _settle(self, outcome: Outcome) -> None:
        """Find in the topic what an interrupted replay sent and did not mark."""
        pending = {
            place: mark for place, mark in self._marks.all(self._source).items() if mark.state == SENDING
        }
        if not pending:
            return
        bounds = self._topic.bounds()
        found: dict[Place, tuple[int, int]] = {}
        by_header = {str(place): place for place in pending}
        starts = {partition: _earliest(pending, partition, high) for partition, (_, high) in bounds.items()}
        ends = {partition: high for partition, (_, high) in bounds.items()}
        kept = {partition: max(starts[partition], low) for partition, (low, _) in bounds.items()}
        for record in self._topic.between(kept, ends):
            place = by_header.get(record.header(REPLAY_OF))
            if place is not None:
                found.setdefault(place, (record.partition, record.offset))
        self._marks.complete(found)
        outcome.resumed.update(found)
        # Where the topic's retention took records since, none of them can be looked for any more.
        outcome.doubtful.extend(
            place
            for place, mark in pending.items()
            if place not in found
            and any(mark.ends.get(partition, 0) < low for partition, (low, _) in bounds.items())
        )

    def _send(self, chunk: list[Resent], outcome: Outcome) -> None:
        self._marks.intend([each.place for each in chunk], self._topic.ends())
        until = time.monotonic() + LEASE_SECONDS - 2 * DELIVERY_SECONDS
        sent, failed = self._sender.send(chunk, until=until)
        self._marks.complete(sent)
        outcome.replayed.update(sent)
        outcome.failed.update(failed)

    def watch(
        self,
        outcome: Outcome,
        ends: Mapping[int, int],
        *,
        seconds: float,
        loaded: Callable[[], Mapping[int, int]],
    ) -> None:
        """Wait until what was sent is loaded, or came back as a dead letter.

        Args:
            outcome: Gets what came back, and how many nothing is known of.
            ends: Where the dead letters ended before the replay.
            seconds: How long.
            loaded: Gives the loader's next offset, by partition of the topic.
        """
        places = {at: place for place, at in (outcome.replayed | outcome.resumed).items()}
        seen = dict(ends)
        deadline = time.monotonic() + seconds
        while places:
            # First how far the loader is, then what it set aside: it writes dead letters before it says so.
            far = loaded()
            now = self._letters.ends()
            for record in self._letters.between({at: seen.get(at, 0) for at in now}, now):
                place = places.get(_origin(record)) if record.header("dp.topic") == self._name else None
                if place is not None:
                    outcome.poisoned[place] = (
                        f"{record.header('dp.error.class')}: {record.header('dp.error.reason')}"
                    )
            seen = now
            waiting = [
                at
                for at, place in places.items()
                if far.get(at[0], 0) <= at[1] and place not in outcome.poisoned
            ]
            outcome.unseen = len(waiting)
            if not waiting or time.monotonic() >= deadline:
                return
            time.sleep(_WAIT_SECONDS)


def _earliest(pending: Mapping[Place, Mark], partition: int, end: int) -> int:
    """From where on a partition may hold what was sent; one that was not there before may from its begin."""
    return min(end, *(mark.ends.get(partition, 0) for mark in pending.values()))


def _origin(record: Record) -> tuple[int, int]:
    told: tuple[Any, Any] = record.header("dp.partition"), record.header("dp.offset")
    return (int(told[0]), int(told[1])) if all(each.isdecimal() for each in told) else (-1, -1)
