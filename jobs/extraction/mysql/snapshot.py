"""One consistent state of a MySQL database, read by several connections at once."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

from jobs.extraction.columns import readings
from jobs.extraction.mysql import decode
from jobs.extraction.mysql.catalogue import Table, literal, look_up
from jobs.extraction.mysql.connection import Connection
from jobs.extraction.mysql.types import fit, name_of
from jobs.extraction.outcome import Refused, Unreachable
from jobs.extraction.table_read import Described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from jobs.extraction.settings import SourceSettings
    from jobs.extraction.table_read import TableRead

_RANGE_ROWS = 200_000
_MOST_RANGES = 1_000
_BATCH_BYTES, _BATCH_ROWS = 4 << 20, 20_000
_MARKS = ("datetime", "timestamp", "date")
_BEGIN = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"


class MysqlSnapshot:
    """The snapshot: MySQL exports none, so writers of the tables wait while all connections begin.

    The wait is the moment that it takes to begin; it ends after five seconds at the latest. Who may not lock tables,
    or gets no lock in that time, reads with one connection, which is consistent by itself.

    Args:
        settings: Where, and under which limits.
        password: Gives the password, once a connection.
        connections: How many; one of them holds the lock and reads nothing.
        tables: What is read.

    Raises:
        Unreachable: when the database does not answer or has no connection left for us.
    """

    def __init__(
        self,
        settings: SourceSettings,
        password: Callable[[], str],
        connections: int,
        tables: Sequence[tuple[str, str]],
    ) -> None:
        self._tables: dict[str, Table] = {}
        self._highs: dict[str, str | None] = {}
        self.connections: list[Connection] = [Connection(settings, password)]
        locker: Connection | None = None
        try:
            if connections > 1:
                locker = Connection(settings, password)
                if _locked(locker, tables):
                    readers = max(1, min(connections, settings.connections - 1))
                    self.connections += [Connection(settings, password) for _ in range(readers - 1)]
            for connection in self.connections:
                connection.query(_BEGIN)
            self.position = _position(self.connections[0])
        except BaseException:
            self.close()
            raise
        finally:
            if locker:
                locker.close()

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
            if mark is None or mark.base not in _MARKS:
                what = "there is none" if mark is None else f"it is {mark.written}"
                wrong.append(f"watermark {read.watermark!r}: {what}; allowed: {', '.join(_MARKS)}")
            else:
                where, self._highs[read.dataset.name] = self._marked(read, required=mark.required)
        return Described(read=read, columns=columns, where=where), wrong

    def ranges(self, described: Described) -> list[str]:
        """Conditions that split the rows among connections: by the first column of the key, if it is a number."""
        table = self._tables[described.read.table]
        count = min(-(-table.rows // _RANGE_ROWS), _MOST_RANGES)
        if described.where or table.key is None or count < 2 or self.workers < 2:  # noqa: PLR2004 - two to share
            return [""]
        key = name_of(table.key)
        ((low, high),) = self.connections[0].query(
            f"SELECT MIN({key}), MAX({key}) FROM {_relation(described.read.name)}"
        )
        if low is None or high is None:
            return [""]
        width = max(1, (int(high) - int(low)) // count)
        edges = list(range(int(low) + width, int(high), width))
        conditions = []
        for first, end in zip([None, *edges], [*edges, None], strict=True):
            parts = [f"{key} >= {first}"] if first is not None else []
            parts += [f"{key} < {end}"] if end is not None else []
            conditions.append(" AND ".join(parts))
        return conditions

    def batches(self, worker: int, described: Described, condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of one range, read by one connection.

        Raises:
            BadValue: when a value cannot be kept exactly.
            Unreachable: when the database goes away.
        """
        sql = f"SELECT {', '.join(c.sql for c in described.columns)} FROM {_relation(described.read.name)}"
        wanted = [part for part in (described.where, condition) if part]
        sql += f" WHERE {' AND '.join(wanted)}" if wanted else ""
        count = 1
        for cursor in self.connections[worker].rows(sql):
            while rows := cursor.fetchmany(count):
                yield decode.batch(rows, described.columns, described.read.dataset)
                size = sum(len(value) for row in rows for value in row if value is not None) / len(rows)
                # Grows step by step, so that a few long rows behind many short ones do not fill the memory.
                count = max(1, min(_BATCH_ROWS, 4 * count, int(_BATCH_BYTES / max(1.0, size))))

    def high(self, described: Described) -> str | None:
        """The greatest watermark of the rows."""
        return self._highs.get(described.read.dataset.name)

    def close(self) -> None:
        """Let the database go."""
        for connection in self.connections:
            connection.close()

    def _marked(self, read: TableRead, *, required: bool) -> tuple[str, str | None]:
        """The condition of what is new, and the greatest watermark of it. NULL is new always: it tells nothing."""
        column = name_of(read.watermark or "")
        where = ""
        if read.low:
            moment = dt.datetime.fromisoformat(read.low).strftime("%Y-%m-%d %H:%M:%S.%f")
            where = f"{column} > {literal(moment)}"
            where = f"({where})" if required else f"({where} OR {column} IS NULL)"
        written = f"DATE_FORMAT(MAX({column}), '%Y-%m-%dT%H:%i:%s.%fZ')"
        ((high,),) = self.connections[0].query(
            f"SELECT {written} FROM {_relation(read.name)}" + (f" WHERE {where}" if where else "")
        )
        return where, high


def _locked(locker: Connection, tables: Sequence[tuple[str, str]]) -> bool:
    listed = ", ".join(f"{_relation(table)} READ" for table in tables)
    try:
        locker.query(f"LOCK TABLES {listed}")
    except (Refused, Unreachable) as error:
        sys.stderr.write(
            f"one connection reads alone, since the tables cannot be locked for a moment: {error}\n"
        )
        return False
    return True


def _position(connection: Connection) -> str:
    """Where the binary log was, for those who go on from here."""
    if connection.is_mariadb:
        found = {row[0]: row[1] for row in connection.query("SHOW STATUS LIKE 'binlog_snapshot_%'")}
        return (
            f"{found.get('Binlog_snapshot_file') or 'no binlog'} {found.get('Binlog_snapshot_position') or 0}"
        )
    return str(connection.query("SELECT @@global.gtid_executed")[0][0] or "no GTID")


def _relation(name: tuple[str, str]) -> str:
    return ".".join(name_of(part) for part in name)
