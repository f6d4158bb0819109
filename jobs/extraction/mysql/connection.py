"""One connection to MySQL: TLS that proves the server, a session that reads gently, errors told apart."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from jobs.extraction.outcome import Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobs.extraction.settings import SourceSettings

_CONNECT_SECONDS = 15
_SILENT_SECONDS = 30  # beyond the statement's own limit
# No such table, column; no right to either.
_WRONG = (1054, 1142, 1143, 1146)


class Connection:
    """A session of the extractor. Values come as the bytes that the server sends.

    Args:
        settings: Where and as whom.
        password: Gives the password, asked once.

    Raises:
        Unreachable: when the server does not answer, is not the one that the bundle vouches for, or lets us not in.
    """

    def __init__(self, settings: SourceSettings, password: Callable[[], str]) -> None:
        self._place = f"{settings.name} ({settings.host}:{settings.port}/{settings.database})"
        with self.told():
            self._connection = pymysql.connect(
                **_address(settings),
                user=settings.user,
                password=password().encode(),
                database=settings.database,
                charset="utf8mb4",
                use_unicode=False,
                conv={**encoders},  # type: ignore[dict-item] # no decoders
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=settings.statement_seconds + _SILENT_SECONDS,
                program_name="dp-extractor",
            )
        version = self._connection.get_server_info()  # type: ignore[no-untyped-call]
        self.is_mariadb = "MariaDB" in str(version)
        self._prepare(settings.statement_seconds)

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of a statement, as text.

        Raises:
            Refused: when the statement itself cannot be answered (names, types, privileges).
            Unreachable: when the server does not answer, or asks to come back later.
        """
        with self.told(), self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(None if v is None else v.decode() for v in row) for row in cursor.fetchall()]

    def rows(self, sql: str) -> Iterator[Any]:
        """A cursor whose rows are fetched as they come."""
        with self.told(), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(sql)
            yield cursor

    @contextmanager
    def told(self) -> Iterator[None]:
        """Errors of the driver as what they mean for the run.

        Raises:
            Refused: see `query`.
            Unreachable: see `query`.
        """
        try:
            yield
        except (pymysql.err.ProgrammingError, pymysql.err.DataError, pymysql.err.NotSupportedError) as error:
            raise self._refused(error) from None
        except pymysql.err.MySQLError as error:
            if error.args and error.args[0] in _WRONG:
                raise self._refused(error) from None
            raise Unreachable(f"{self._place}: {_words(error)}") from None
        except OSError as error:
            raise Unreachable(f"{self._place}: the connection was lost ({error})") from None

    def close(self) -> None:
        """Close at once; rows that still come are not waited for, as the driver's `close` would."""
        self._connection._force_close()  # type: ignore[attr-defined] # noqa: SLF001 - close() would read on

    def _refused(self, error: pymysql.err.MySQLError) -> Refused:
        return Refused(f"{self._place}: {_words(error)}")

    def _prepare(self, seconds: int) -> None:
        limit = (
            f"max_statement_time = {seconds}" if self.is_mariadb else f"max_execution_time = {seconds * 1000}"
        )
        self.query(
            f"SET SESSION {limit}, net_write_timeout = {seconds}, wait_timeout = {seconds}, lock_wait_timeout = 5, "
            "time_zone = '+00:00', sql_mode = ''"
        )
        self.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _address(settings: SourceSettings) -> dict[str, Any]:
    if settings.on_this_machine:
        return {"unix_socket": settings.host}
    context = ssl.create_default_context(cafile=settings.bundle)
    return {"host": settings.host, "port": settings.port, "ssl": context}


def _words(error: pymysql.err.MySQLError) -> str:
    code, *said = error.args or ("", "")
    return f"{' '.join(map(str, said))} (error {code})"
