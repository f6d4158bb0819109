"""One consistent state of a PostgreSQL database, read by several connections at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.sql_text import quoted, relation
from jobs.extraction.columns import readings
from jobs.extraction.outcome import Refused
from jobs.extraction.postgres import decode
from jobs.extraction.postgres.catalogue import Table, literal, look_up
from jobs.extraction.postgres.connection import Connection
from jobs.extraction.postgres.copy_stream import copied
from jobs.extraction.postgres.newest import MARKS, Newest
from jobs.extraction.postgres.types import fit
from jobs.extraction.table_read import Described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from jobs.extraction.columns import Reading
    from jobs.extraction.postgres.types import Column
    from jobs.extraction.settings import SourceSettings
    from jobs.extraction.table_read import TableRead

_RANGE_BLOCKS = 8192  # 64 MB of the table a statement
_LAST = (
    8,
    4,
    2,
)  # parts of a range where the last ones end: all connections come to their end at about one time
_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A replica replays; it writes no log of its own.
_POSITION = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"


class PostgresSnapshot:
    """The snapshot: the first connection exports it, the others take it over before anything is read.

    Args:
        settings: Where, and under which limits.
        password: Gives the password, once a connection.
        connections: How many.

    Raises:
        Unreachable: when the database does not answer or has no connection left for us.
    """

    def __init__(self, settings: SourceSettings, password: Callable[[], str], connections: int) -> None:
        self._tables: dict[str, Table] = {}
        self._newest: dict[str, Newest] = {}
        self.connections: list[Connection] = []
        try:
            for _ in range(connections):
                self.connections.append(Connection(settings, password))
                _prepare(self.connections[-1], settings.statement_seconds)
            first, *others = self.connections
            ((exported, position, encoding),) = first.query(
                f"SELECT pg_export_snapshot(), {_POSITION}, current_setting('server_encoding')"
            )
            _require_characters(settings, encoding)
            for other in others:
                other.query(f"SET TRANSACTION SNAPSHOT {literal(str(exported))}")
        except BaseException:
            self.close()
            raise
        self.position = f"{exported} {position}"

    @property
    def workers(self) -> int:
        """How many connections read at once."""
        return len(self.connections)

    def describe(self, read: TableRead) -> tuple[Described, list[str]]:
        """How the table is read, and what is wrong with it, a sentence each.

        Raises:
            Refused: when there is no such table.
        """
        table = look_up(self.connections[0], *read.name)
        self._tables[read.table] = table
        columns, wrong = readings(read.dataset, table.columns, fit=fit)
        where = ""
        if read.watermark and not wrong:
            mark = table.columns.get(read.watermark)
            if mark is None or mark.base not in MARKS:
                what = "there is none" if mark is None else f"it is {mark.written}"
                wrong.append(f"watermark {read.watermark!r}: {what}; allowed: {', '.join(MARKS)}")
            else:
                where = _above(read, required=mark.required)
                self._newest[read.dataset.name] = self._marked(read, mark)
        return Described(read=read, columns=columns, where=where), wrong

    def high(self, described: Described) -> str | None:
        """The greatest watermark of the rows, once all are read.

        Raises:
            Refused: when it is infinite: nothing would be new after it.
        """
        newest = self._newest.get(described.read.dataset.name)
        return newest.high() if newest else None

    def ranges(self, described: Described) -> list[str]:
        """Conditions that split the rows among connections: by blocks, unless an index finds what is new.

        The last blocks, where the newest rows mostly are, come first: after them hardly a watermark is sent. The
        ranges that are read last are smaller.
        """
        blocks = self._tables[described.read.table].blocks
        if blocks is None or (described.where and self._index(described.read)):
            return [""]
        smaller = [_RANGE_BLOCKS // part for part in _LAST if _RANGE_BLOCKS // part]
        edges = [edge for edge in (*smaller, *range(_RANGE_BLOCKS, blocks, _RANGE_BLOCKS)) if edge < blocks]
        conditions = []
        for low, high in zip([None, *edges], [*edges, None], strict=True):
            parts = [f"ctid >= '({low},0)'"] if low else []
            parts += [f"ctid < '({high},0)'"] if high else []
            conditions.append(" AND ".join(parts))
        return conditions[::-1]

    def batches(self, worker: int, described: Described, condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of one range, read by one connection.

        Raises:
            BadValue: when a value cannot be kept exactly.
            Unreachable: when the database goes away.
        """
        newest = self._newest.get(described.read.dataset.name)
        if newest and newest.settled:
            newest = None
        columns = [*described.columns, newest.reading()] if newest else described.columns
        sql = f"SELECT {_selected(columns)} FROM {relation(*described.read.name)}"
        wanted = [part for part in (described.where, condition) if part]
        sql += f" WHERE {' AND '.join(wanted)}" if wanted else ""
        for rows in copied(self.connections[worker], sql, len(columns)):
            batch = decode.batch(rows, columns, described.read.dataset)
            if newest:
                last = batch.num_columns - 1
                newest.see(batch.column(last))
                batch = batch.remove_column(last)
            yield batch

    def close(self) -> None:
        """Let the database go."""
        for connection in self.connections:
            connection.close()

    def _marked(self, read: TableRead, mark: Column) -> Newest:
        """What finds the greatest watermark: where the index knows it, no row needs to be asked."""
        newest = Newest(read.table, mark)
        if self._index(read) == "btree":
            columns = [newest.reading()]
            for rows in copied(self.connections[0], newest.by_index(read), len(columns)):
                newest.see(decode.batch(rows, columns, read.dataset).column(0))
            newest.settled = True
        return newest

    def _index(self, read: TableRead) -> str | None:
        """The kind of the index of the table that begins with the watermark; a B-tree before any other."""
        schema, name = (literal(part) for part in read.name)
        found = self.connections[0].query(
            "SELECT m.amname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid "
            "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam "
            "JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] "
            f"WHERE n.nspname = {schema} AND c.relname = {name} AND i.indisvalid AND i.indpred IS NULL "
            f"AND a.attname = {literal(read.watermark or '')} ORDER BY m.amname <> 'btree'"
        )
        return found[0][0] if found else None


def _above(read: TableRead, *, required: bool) -> str:
    """The condition of what is new. NULL is new always: it tells nothing."""
    if not read.low:
        return ""
    column = quoted(read.watermark or "")
    above = f"{column} > {literal(read.low)}::timestamptz"
    return f"({above})" if required else f"({above} OR {column} IS NULL)"


def _require_characters(settings: SourceSettings, encoding: str | None) -> None:
    if encoding == "SQL_ASCII":
        raise Refused(
            f"{settings.name}: the database's encoding is SQL_ASCII, so its texts are bytes without characters"
        )


def _selected(columns: Sequence[Reading]) -> str:
    return ", ".join(column.sql for column in columns)


def _prepare(connection: Connection, seconds: int) -> None:
    connection.query(
        f"SET statement_timeout = '{seconds}s'; SET idle_in_transaction_session_timeout = '{seconds}s'; "
        "SET lock_timeout = '30s'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET extra_float_digits = 1; "
        "SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'; SET search_path = pg_catalog"
    )
    connection.query(_BEGIN)
