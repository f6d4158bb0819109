"""Who reaches a database: the question over the tunnel, and the same without it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.laptop.shop_database import shop_database

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from operations.connection import Connection

QUESTION = "SELECT state, count(*) AS orders, sum(total) AS revenue FROM orders GROUP BY state ORDER BY 3 DESC LIMIT 3"
_SECONDS = 5
# What asks a PostgreSQL server whether it speaks TLS: eight bytes, the last four a fixed number.
_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a database answered over the tunnel, and what it answered to who came past it.

    `direct` is empty when nothing answered without the tunnel.
    """

    database: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    direct: str

    @property
    def closed(self) -> bool:
        """Whether nobody reaches the database but through the tunnel."""
        return not self.direct


def look(connection: Connection, source: str, *, on_progress: Callable[[str], None]) -> Reach:
    """Ask a database over the tunnel, and knock at its port without it.

    Args:
        connection: The environment.
        source: Name of the database in the environment's settings.
        on_progress: Told what the tunnel waits for.

    Raises:
        CommandFailed: when the tunnel does not open, or the database refuses.
    """
    with shop_database(connection, source, on_progress=on_progress) as (database, tunnel):
        rows = database.ask(QUESTION)
        return Reach(
            database=source,
            columns=["state", "orders", "revenue"],
            rows=[[str(value) for value in row] for row in rows],
            direct=_knock(tunnel.database_host, tunnel.database_port),
        )


def _knock(host: str, port: int) -> str:
    """What answers at an address, in words; nothing when the connection is refused or closed at once."""
    try:
        with socket.create_connection((host, port), timeout=_SECONDS) as open_:
            open_.sendall(_SSL_REQUEST)
            answer = open_.recv(1)
    except OSError:
        return ""
    return f"it answered {answer!r}" if answer else ""
