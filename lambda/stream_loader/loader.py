"""Loads the batches of a call: dead letters, files, ledger, then the merge."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from aws_lambda_powertools import Logger

from stream_loader.change_file import as_raw, place, write
from stream_loader.event import batches
from stream_loader.judge import COMMITTED_AT, OFFSET, OPERATION
from stream_loader.lease import Lease
from stream_loader.ledger import Commit
from stream_loader.measures import Measures, freshness
from stream_loader.positions import DELETION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stream_loader.dead_letters import DeadLetters
    from stream_loader.event import Batch
    from stream_loader.files import Files
    from stream_loader.items import Items
    from stream_loader.judge import Judge, Judged
    from stream_loader.ledger import Intent, Ledger
    from stream_loader.merge import Merge
    from stream_loader.plan import Plan
    from stream_loader.postponement import Postponement

_LOG = Logger()


class WrongTopic(Exception):
    """The event is of another topic than the plan."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a loader works with.

    Args:
        plan: The stream plan.
        s3: Client.
        judge: Judges batches.
        items: The topic's items in the ledger.
        ledger: Its batches.
        files: Its files.
        dead_letters: The topic of dead letters.
        merge: Its merges.
        postponement: Says when a merge may wait.
    """

    plan: Plan
    s3: Any
    judge: Judge
    items: Items
    ledger: Ledger
    files: Files
    dead_letters: DeadLetters
    merge: Merge
    postponement: Postponement


@dataclass(kw_only=True)
class _Call:
    """One call: its name and what it counted."""

    name: str
    measures: Measures
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, **counts: int) -> None:
        self.measures.count({_METRICS[name]: count for name, count in counts.items()})
        for name, count in counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


_METRICS = {
    "records": "Records",
    "rows": "Rows",
    "deletions": "Deletions",
    "dead_letters": "DeadLetters",
    "duplicates": "Duplicates",
    "warnings": "Warnings",
}


class Loader:
    """The loader of one topic.

    Args:
        parts: What it works with.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._committed: list[pa.ChunkedArray] = []  # times of commits whose rows are not merged

    @property
    def parts(self) -> Parts:
        """What it works with."""
        return self._parts

    def load(
        self, event: Mapping[str, Any], *, call: str, seconds_left: Callable[[], float]
    ) -> dict[str, int]:
        """Load an event's records and merge them; while a topic is far ahead, a later call merges.

        Args:
            event: Of the event source mapping (`stream_loader.event`).
            call: A name that no other call has.
            seconds_left: Of the function's time.

        Returns:
            Counts: records, rows, deletions, dead_letters, duplicates, warnings, and the files that were merged.

        Raises:
            Exception: whatever AWS, Kafka or Athena raise; the batch is to be sent again.
        """
        one = _Call(name=call, measures=Measures(self._parts.plan.dataset))
        found, merged = batches(event), 0
        try:
            for batch in found:
                self._load(batch, one)
            nexts = {batch.partition: batch.raw[-1]["offset"] + 1 for batch in found}
            if not self._parts.postponement.allows(nexts, rows=one.counts.get("rows", 0)):
                merged = self._merge(found, one, seconds_left)
        finally:
            one.measures.write()
        counts = one.counts | {"merged_files": merged}
        _LOG.info("loaded", extra={"topic": self._parts.plan.topic, **counts})
        return counts

    def merge_left(self, *, call: str) -> int:
        """Merge what calls have left to later ones that may not come; how many files.

        Args:
            call: A name that no other call has.

        Raises:
            MergeFailed: when Athena refuses a statement.
            Overtaken: when the right to merge was lost meanwhile.
        """
        return self._parts.merge.left(Lease(self._parts.items, call), run=call)

    def _merge(self, found: Sequence[Batch], one: _Call, seconds_left: Callable[[], float]) -> int:
        started = time.time()
        merged = self._parts.merge.until_merged(
            lambda: not any(self._parts.files.pending(batch.partition) for batch in found),
            Lease(self._parts.items, one.name),
            run=one.name,
            seconds_left=seconds_left,
        )
        finished = time.time()
        self._parts.postponement.merged()
        if merged:
            one.measures.seconds("MergeSeconds", [finished - started])
        one.measures.seconds("FreshnessSeconds", freshness(self._committed, finished))
        self._committed = []
        return merged

    def _load(self, batch: Batch, one: _Call) -> None:
        if batch.topic != self._parts.plan.topic:
            raise WrongTopic(
                f"the event is of topic {batch.topic}, and the plan of {self._parts.plan.topic}: mend the event "
                "source mapping"
            )
        start = self._parts.ledger.progress(batch.partition).next_offset
        fresh = batch.since(start)
        duplicates = len(batch) - len(fresh)
        if not len(fresh):
            one.count(duplicates=duplicates)
            return
        if start and fresh.raw[0]["offset"] > start:
            _LOG.warning(
                "offsets are missing: aborted transactions, compaction, or records that aged before they were read",
                extra={"partition": batch.partition, "expected": start, "found": fresh.raw[0]["offset"]},
            )
        judged = self._parts.judge.judge(fresh)
        self._commit(fresh, judged, start, duplicates, one)
        if judged.warnings:
            told = {"partition": batch.partition, "rules": judged.warnings}
            _LOG.warning("rules of severity warning were broken", extra=told)

    def _commit(self, fresh: Batch, judged: Judged, start: int, duplicates: int, one: _Call) -> None:
        """Write what came of a batch, and commit it."""
        parts, partition = self._parts, fresh.partition
        claim = f"{one.name}.1"

        def claim_again() -> None:
            nonlocal claim
            before, claim = claim, f"{one.name}.2"
            parts.ledger.claim(partition, next_offset=start, claim=claim, instead_of=before)

        def intend(intent: Intent) -> None:
            parts.ledger.intend(partition, intent, next_offset=start, claim=claim)

        intent = parts.ledger.claim(partition, next_offset=start, claim=claim).intent
        already = parts.dead_letters.already(fresh, intent)
        intent = parts.dead_letters.write(
            fresh, judged.poisons, already=already, intent=intent, intend=intend
        )
        rows = as_raw(_without(judged.rows, already), parts.plan.columns)
        file = place(parts.plan, partition=partition, first=start, timestamp=fresh.raw[0]["timestamp"])
        written = write(parts.s3, file, rows, claim_again=claim_again)
        counts = {
            "records": len(fresh),
            "rows": rows.num_rows,
            "deletions": pc.sum(pc.equal(rows.column(OPERATION), DELETION)).as_py() or 0,
            "dead_letters": len(fresh) - rows.num_rows,
            "duplicates": duplicates,
        }
        done = Commit(
            partition=partition,
            old=start,
            new=fresh.raw[-1]["offset"] + 1,
            file=file if written else None,
            rows=rows.num_rows,
            intent=intent,
            counts=counts,
        )
        parts.ledger.commit(done, claim=claim)
        one.count(**counts, warnings=sum(judged.warnings.values()))
        self._committed.append(rows.column(COMMITTED_AT))
        for at, poison in sorted(judged.poisons.items()):
            told = {
                "partition": partition,
                "offset": fresh.raw[at]["offset"],
                "error": poison.error_class,
                "column": poison.column,
                "reason": poison.reason,
            }
            _LOG.warning("dead letter", extra=told)


def _without(rows: pa.Table, offsets: set[int]) -> pa.Table:
    """The rows but those of some offsets."""
    if not offsets:
        return rows
    return rows.filter(
        pc.invert(pc.is_in(rows.column(OFFSET), value_set=pa.array(sorted(offsets), pa.int64())))
    )
