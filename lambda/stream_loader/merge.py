"""Moves the committed files of a topic on to staged and curated, by the plan's statements through Athena."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from stream_loader.items import Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream_loader.athena import Athena
    from stream_loader.files import CommittedFile, Files
    from stream_loader.lease import Lease
    from stream_loader.plan import Plan

MOST_FILES = 500  # of one merge: Athena takes 256 KiB of SQL
_WAIT_SECONDS = 0.5


class OutOfTime(Exception):
    """The function's time ends before its files are merged; the batch comes again, is known, and waits on."""


class Merge:
    """The merges of one topic.

    Args:
        plan: The stream plan.
        files: The topic's files.
        athena: Runs the statements.
    """

    def __init__(self, plan: Plan, files: Files, athena: Athena) -> None:
        self._plan, self._files, self._athena = plan, files, athena

    def until_merged(
        self, wanted: Callable[[], bool], lease: Lease, *, run: str, seconds_left: Callable[[], float]
    ) -> int:
        """Merge, or wait for whoever does, until the wanted files are merged; how many files were merged here.

        Args:
            wanted: Whether they are.
            lease: The right to merge.
            run: Names the run in staged.
            seconds_left: Of the function's time.

        Raises:
            OutOfTime: when the time ends before.
            MergeFailed: when Athena refuses a statement.
            Overtaken: when the lease was lost meanwhile.
        """
        merged = 0
        while not wanted():
            if seconds_left() <= 0:
                raise OutOfTime(
                    f"{self._plan.topic}: the files are loaded, and not merged before the time ended"
                )
            if not lease.take():
                time.sleep(_WAIT_SECONDS)
                continue
            try:
                merged += self._once(lease, run=run)
            finally:
                lease.free()
        return merged

    def left(self, lease: Lease, *, run: str) -> int:
        """Merge what is there, unless somebody is at it; how many files were merged.

        Args:
            lease: The right to merge.
            run: Names the run in staged.

        Raises:
            MergeFailed: when Athena refuses a statement.
            Overtaken: when the lease was lost meanwhile.
        """
        if not self._files.written(limit=1) or not lease.take():
            return 0
        try:
            return self._once(lease, run=run)
        finally:
            lease.free()

    def _once(self, lease: Lease, *, run: str) -> int:
        files = self._files.written(limit=MOST_FILES)
        if files:
            for _, sql in self._plan.statements:
                self._athena.run(statement(sql, files, run=run), while_waiting=lambda: _keep(lease))
            _keep(lease)
            self._files.merged(files)
        return len(files)


def statement(sql: str, files: Sequence[CommittedFile], *, run: str) -> str:
    r"""A statement of the plan for some files.

    Example:
        >>> from stream_loader.files import CommittedFile
        >>> file = CommittedFile(partition=0, first=0, rows=1, path="s3://raw/a.parquet", day="2026-01-02")
        >>> statement('"$path" IN ({paths}) AND ingest_date IN ({days})', [file], run="r")
        '"$path" IN (\'s3://raw/a.parquet\') AND ingest_date IN (\'2026-01-02\')'
    """
    paths, days = (
        list(dict.fromkeys(values)) for values in zip(*((f.path, f.day) for f in files), strict=True)
    )
    for name, values in (("{paths}", paths), ("{days}", days), ("{run}", [run])):
        sql = sql.replace(name, ", ".join(_literal(value) for value in values))
    return sql


def _literal(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _keep(lease: Lease) -> None:
    if not lease.take():
        raise Overtaken("the right to merge was lost; the batch comes again and finds what is merged")
