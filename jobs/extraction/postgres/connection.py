"""One connection to PostgreSQL: TLS that proves the server, simple queries, and the socket that COPY streams from."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import TYPE_CHECKING

from jobs.extraction.outcome import Refused, Unreachable
from jobs.extraction.postgres import messages
from jobs.extraction.postgres.authentication import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.extraction.settings import SourceSettings

_CONNECT_SECONDS = 15
_SILENT_SECONDS = 30  # beyond the statement's own limit
# Classes of SQLSTATE that say the request itself is wrong: 0A, 22 values, 42 names, types and privileges.
_WRONG = ("0A", "22", "42")


class Connection:
    """A session of the extractor; nothing but text results and COPY.

    Args:
        settings: Where and as whom.
        password: Gives the password, asked once.

    Raises:
        Unreachable: when the server does not answer, is not the one that the bundle vouches for, or lets us not in.
    """

    def __init__(self, settings: SourceSettings, password: Callable[[], str]) -> None:
        self._place = f"{settings.name} ({settings.host}:{settings.port}/{settings.database})"
        try:
            self.socket = _connected(settings)
            self._start(settings, password)
        except OSError as error:
            raise Unreachable(f"{self._place} does not answer: {error}") from None
        self.socket.settimeout(settings.statement_seconds + _SILENT_SECONDS)

    def query(self, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of a statement, as text.

        Raises:
            Refused: when the statement itself cannot be answered (names, types, privileges).
            Unreachable: when the server does not answer, or asks to come back later.
        """
        self.send(messages.query(sql))
        rows: list[tuple[str | None, ...]] = []
        while True:
            kind, body = self.receive()
            if kind == b"D":
                rows.append(messages.text_row(body))
            elif kind == b"Z":
                return rows

    def send(self, data: bytes) -> None:
        """Send a message.

        Raises:
            Unreachable: when nobody is there any more.
        """
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise self.lost(error) from None

    def receive(self) -> tuple[bytes, bytes]:
        """The next message: its kind and body. Notices are passed over.

        Raises:
            Refused: see `query`.
            Unreachable: see `query`.
        """
        while True:
            head = self._exactly(5)
            (length,) = struct.unpack_from(">I", head, 1)
            kind, body = head[:1], self._exactly(length - 4)
            if kind == b"E":
                raise self.error(body)
            if kind not in (b"N", b"S", b"A"):
                return kind, body

    def error(self, body: bytes) -> Refused | Unreachable:
        """What the server's error means for the run."""
        fields = messages.fields_of_error(body)
        state, said = fields.get("C", ""), fields.get("M", "")
        if state.startswith(_WRONG):
            # The server's words may hold a value of a row: names and privileges (42) do not.
            told = said if state.startswith("42") else "the statement fails on a value or is not supported"
            return Refused(f"{self._place}: {told} (SQLSTATE {state})")
        return Unreachable(f"{self._place}: {said} (SQLSTATE {state})")

    def lost(self, error: OSError | None) -> Unreachable:
        """The connection broke, or the server went away."""
        return Unreachable(f"{self._place}: the connection was lost ({error or 'the server closed it'})")

    def close(self) -> None:
        """Say goodbye and close; also when nobody listens."""
        try:
            self.socket.settimeout(1)
            self.socket.sendall(messages.TERMINATE)
        except OSError:
            pass
        self.socket.close()

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            try:
                more = self.socket.recv(count - len(parts))
            except OSError as error:
                raise self.lost(error) from None
            if not more:
                raise self.lost(None)
            parts += more
        return bytes(parts)

    def _start(self, settings: SourceSettings, password: Callable[[], str]) -> None:
        parameters = {
            "user": settings.user,
            "database": settings.database,
            "client_encoding": "UTF8",
            "application_name": "dp-extractor",
        }
        self.send(messages.startup(parameters))
        while True:
            kind, body = self.receive()
            if kind == b"R":
                reply = answer(body, user=settings.user, password=password, exchange=self._exchange)
                if reply:
                    self.send(reply)
            elif kind == b"Z":
                return

    def _exchange(self, request: bytes) -> bytes:
        self.send(request)
        return self.receive()[1]


def _connected(settings: SourceSettings) -> socket.socket:
    if settings.on_this_machine:
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        plain.settimeout(_CONNECT_SECONDS)
        plain.connect(f"{settings.host}/.s.PGSQL.{settings.port}")
        return plain
    plain = socket.create_connection((settings.host, settings.port), timeout=_CONNECT_SECONDS)
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    plain.sendall(messages.TLS_REQUEST)
    if plain.recv(1) != b"S":
        plain.close()
        raise Unreachable(
            f"{settings.name} ({settings.host}:{settings.port}) offers no TLS: nothing is sent in clear"
        )
    context = ssl.create_default_context(cafile=settings.bundle)
    return context.wrap_socket(plain, server_hostname=settings.host)
