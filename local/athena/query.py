"""One query while it runs: whose it is, where it may write, what it has read, and whether someone stopped it."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from local.athena.access import Access
from local.athena.catalog import Catalog
from local.athena.errors import QueryCancelled

if TYPE_CHECKING:
    import boto3

    from local.athena.results import ResultTarget

CANCELLED_BY_LIMIT = "Query cancelled! : Bytes scanned limit was exceeded"
CANCELLED_BY_USER = "Query cancelled by user"
_INTERRUPT_EVERY_SECONDS = 0.05


@dataclass(kw_only=True, eq=False)
class Query:
    """A query with its caller, its context and its counters.

    Args:
        id: the query execution id.
        sql: the statement as submitted.
        database: the database that unqualified names mean.
        workgroup: the workgroup's name.
        session: the caller's session.
        target: where results go, with the workgroup's encryption.
        enforced: whether the workgroup forces its own result location.
        cutoff: the most bytes that it may scan; None means no limit.
        parameters: values for the statement's question marks.
    """

    id: str
    sql: str
    database: str
    workgroup: str
    session: boto3.Session
    target: ResultTarget
    enforced: bool = False
    cutoff: int | None = None
    parameters: tuple[str, ...] = ()
    scanned: int = 0
    planned: float = 0.0
    manifest: list[str] = field(default_factory=list)
    manifest_location: str = ""
    connection: duckdb.DuckDBPyConnection | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Opens the caller's view of the catalogue."""
        self.catalog = Catalog(self.session)
        self.access = Access(self.session, self.id)

    def scans(self, count: int) -> None:
        """Counts bytes read for the query.

        Raises:
            QueryCancelled: the workgroup's limit is passed, or the caller stopped the query.
        """
        self.scanned += count
        self.checkpoint()
        if self.cutoff is not None and self.scanned > self.cutoff:
            raise QueryCancelled(CANCELLED_BY_LIMIT)

    def checkpoint(self) -> None:
        """Ends the query here when its caller stopped it.

        Raises:
            QueryCancelled: it was stopped.
        """
        if self.stopped.is_set():
            raise QueryCancelled(CANCELLED_BY_USER)

    def stop(self) -> None:
        """Stops the query: at its next checkpoint, or in the middle of DuckDB's work."""
        self.stopped.set()
        threading.Thread(target=self._interrupt_until_it_ends, daemon=True).start()

    def _interrupt_until_it_ends(self) -> None:
        """DuckDB forgets an interrupt that comes just before a statement begins, so one is not enough.

        `stopped` is set before the connection is read and looked at after it is taken back, so that an interrupt
        never reaches the next query's work.
        """
        while (connection := self.connection) is not None:
            with contextlib.suppress(duckdb.ConnectionException):  # closed in between: it has ended
                connection.interrupt()
            time.sleep(_INTERRUPT_EVERY_SECONDS)
