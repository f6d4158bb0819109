"""The greatest watermark of what is read: told by an index, or found while reading (a `max` would scan twice)."""

from __future__ import annotations

import datetime as dt
import threading
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from data_platform.contracts.sql_text import quoted, relation
from jobs.extraction.columns import Reading
from jobs.extraction.outcome import Refused
from jobs.extraction.postgres.catalogue import literal

if TYPE_CHECKING:
    from jobs.extraction.postgres.types import Column
    from jobs.extraction.table_read import TableRead

MARKS = ("timestamptz", "timestamp", "date")
_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - PostgreSQL's; sessions are in UTC
_NAME = ""  # no column of a table is called so


class Newest:
    """The greatest watermark that any worker has seen of a table.

    An index tells it before a row is read (`by_index`), and then it is `settled`. Without one each range selects the
    watermark only where it is above what is known when the range begins: NULL is the cheapest value that PostgreSQL
    sends, but looking at each row costs a tenth of what a row of ten columns costs altogether.

    Args:
        table: Schema and name, for what is said of it.
        column: The watermark.
    """

    def __init__(self, table: str, column: Column) -> None:
        self._table, self._column = table, column
        self._seen: int | None = None
        self._lock = threading.Lock()
        self.settled = False

    def by_index(self, read: TableRead) -> str:
        """The statement by which an index tells it, of the rows that are read; its one column is `reading`'s.

        Example:
            >>> from jobs.extraction.postgres.types import Column
            >>> from jobs.extraction.table_read import TableRead
            >>> day = Column(name="d", written="date", base="date", precision=None, scale=0, required=True)
            >>> read = TableRead(dataset=None, table="public.t", watermark="d", raw_bucket="", raw_prefix="")
            >>> Newest("public.t", day).by_index(read)
            'SELECT "d" FROM (SELECT max("d") AS "d" FROM "public"."t") AS newest'
        """
        name = quoted(self._column.name)
        sql = f"SELECT {name} FROM (SELECT max({name}) AS {name} FROM {relation(*read.name)}) AS newest"
        # Where even the greatest is not above, none is read for its watermark.
        return f"{sql} WHERE {name} > {literal(read.low)}::timestamptz" if read.low else sql

    def reading(self) -> Reading:
        """How the watermark is selected beside a range's columns, as PostgreSQL's own number of it."""
        name = quoted(self._column.name)
        known = None if self._seen is None else _moment(self._column.base, self._seen)
        if known is not None:
            bound = f"{literal(known.isoformat(sep=' '))}::{self._column.base}"
            name = f"CASE WHEN {name} > {bound} THEN {name} END"
        if self._column.base == "date":
            return Reading(name=_NAME, sql=name, wire="int4", type=pa.int32())
        return Reading(name=_NAME, sql=name, wire="int8", type=pa.int64())

    def see(self, marks: pa.Array) -> None:
        """Take a batch's watermarks, as `reading` selects them."""
        greatest = pc.max(marks).as_py() if marks.null_count < len(marks) else None
        if greatest is None:
            return
        with self._lock:
            self._seen = greatest if self._seen is None else max(self._seen, greatest)

    def high(self) -> str | None:
        """The greatest in ISO 8601; None when no row has one.

        Raises:
            Refused: when it is infinite, or beyond the years 1 to 9999.

        Example:
            >>> from jobs.extraction.postgres.types import Column
            >>> day = Column(name="d", written="date", base="date", precision=None, scale=0, required=True)
            >>> newest = Newest("public.t", day)
            >>> newest.see(pa.array([None, 365, 366], pa.int32()))
            >>> newest.high()
            '2001-01-01T00:00:00.000000Z'
        """
        if self._seen is None:
            return None
        moment = _moment(self._column.base, self._seen)
        if moment is None:
            raise Refused(
                f"{self._table}: the watermark {self._column.name!r} holds infinity or a year outside 1 to 9999, "
                "after which nothing is new; mend the rows. Nothing was committed"
            )
        return moment.isoformat(timespec="microseconds") + "Z"


def _moment(base: str, number: int) -> dt.datetime | None:
    """PostgreSQL's number of a date or timestamp; None where the calendar does not go (infinity is the last number)."""
    try:
        return _EPOCH + (dt.timedelta(days=number) if base == "date" else dt.timedelta(microseconds=number))
    except OverflowError:
        return None
