"""MySQL, as the shop's database is written, prepared for capture and read on the laptop; MariaDB stands in for it."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed
from operations.laptop.dialects.dialect import CAPTURE_USER, STOCK_VALUES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from data_platform.contracts.model import Column
    from operations.laptop.dialects.dialect import Session
    from operations.tunnel import Tunnel

HEARTBEATS, SIGNALS = "shop.heartbeats", "shop.debezium_signals"
_TABLES = Path(__file__).with_name("mysql.sql")
# `binlog retention hours`, the last line of docs/capture.md, is a procedure of RDS alone: the laptop keeps its log.
_CAPTURE = (
    f"CREATE TABLE IF NOT EXISTS {HEARTBEATS} (id int PRIMARY KEY, beat_at timestamp(6) NOT NULL)",
    f"INSERT IGNORE INTO {HEARTBEATS} VALUES (1, now(6))",
    (
        f"CREATE TABLE IF NOT EXISTS {SIGNALS}"
        " (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))"
    ),
    f"CREATE USER IF NOT EXISTS {CAPTURE_USER}",
    f"GRANT SELECT, RELOAD, LOCK TABLES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {CAPTURE_USER}",
    f"GRANT UPDATE ON {HEARTBEATS} TO {CAPTURE_USER}",
    f"GRANT INSERT, DELETE ON {SIGNALS} TO {CAPTURE_USER}",
)
_STOCK = "shop.stock_levels"
_KEY = "sku varchar(20) PATH '$.sku', location varchar(10) PATH '$.location'"
_ROWS = (
    f"JSON_TABLE(%s, '$[*]' COLUMNS ({_KEY}, quantity int PATH '$.quantity',"
    " reorder_point int PATH '$.reorder_point', unit_cost decimal(12, 2) PATH '$.unit_cost',"
    " counted_at datetime(6) PATH '$.counted_at', note varchar(200) PATH '$.note')) AS r"
)
_KEYS = f"JSON_TABLE(%s, '$[*]' COLUMNS ({_KEY})) AS r"
_MOVES = (
    f"JSON_TABLE(%s, '$[*]' COLUMNS ({_KEY},"
    " new_sku varchar(20) PATH '$.new_sku', new_location varchar(10) PATH '$.new_location')) AS r"
)
_SAME = "t.sku = r.sku AND t.location = r.location"
_MICROSECONDS = "%Y-%m-%d %H:%i:%s.%f"


class MySql:
    """`Dialect` of MySQL 8.4 and of MariaDB 11.4."""

    stock: Mapping[str, str] = {
        "insert": (
            f"INSERT INTO {_STOCK} (sku, location, {', '.join(STOCK_VALUES)})"
            f" SELECT r.sku, r.location, {', '.join(f'r.{name}' for name in STOCK_VALUES)} FROM {_ROWS}"
            " ON DUPLICATE KEY UPDATE changed_at = now(6), "
            + ", ".join(f"{name} = values({name})" for name in STOCK_VALUES)
        ),
        "update": (
            f"UPDATE {_STOCK} AS t JOIN {_ROWS} ON {_SAME}"
            f" SET {', '.join(f't.{name} = r.{name}' for name in STOCK_VALUES)}, t.changed_at = now(6)"
        ),
        "delete": f"DELETE t FROM {_STOCK} AS t JOIN {_KEYS} ON {_SAME}",
        "move": (
            f"UPDATE {_STOCK} AS t JOIN {_MOVES} ON {_SAME}"
            f" LEFT JOIN {_STOCK} AS o ON o.sku = r.new_sku AND o.location = r.new_location"
            " SET t.sku = r.new_sku, t.location = r.new_location, t.changed_at = now(6) WHERE o.sku IS NULL"
        ),
    }

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What PyMySQL raises."""
        import pymysql

        return (pymysql.MySQLError,)

    @contextlib.contextmanager
    def connect(self, tunnel: Tunnel, master: Mapping[str, str]) -> Iterator[Session]:
        """A session of the master user; the certificate is for the host behind the tunnel."""
        import pymysql

        connection = pymysql.connect(
            host=tunnel.database_host,
            user=master["username"],
            password=master["password"],
            database=tunnel.database_name,
            charset="utf8mb4",
            ssl_ca=tunnel.ca_bundle,
            ssl_verify_cert=True,
            ssl_verify_identity=True,
            autocommit=True,
            init_command="SET time_zone = '+00:00'",
            defer_connect=True,
        )
        try:
            connection.connect(socket.create_connection((tunnel.host, tunnel.port), timeout=60))
        except pymysql.OperationalError as error:
            raise CommandFailed(f"the database {tunnel.database} refused its master user: {error}") from error
        with connection:
            yield MySqlSession(connection)

    def make_tables(self, session: Session) -> None:
        """Make the table of stock levels, the only one that the shop has in MySQL."""
        session.execute(_TABLES.read_text(encoding="utf-8"))

    def prepare_capture(
        self,
        session: Session,
        *,
        source: str,  # noqa: ARG002 - no publication is named after it
        password: str,
        tables: Sequence[str],  # noqa: ARG002 - no publication names them
    ) -> None:
        """Make the connector's user and tables; the log tells of all tables, and the user reads them all."""
        for statement in _CAPTURE:
            session.execute(statement)
        session.execute(f"ALTER USER {CAPTURE_USER} IDENTIFIED BY %s", [password])

    def text(self, column: Column) -> str:
        """The value as text, in a session whose zone is UTC.

        Example:
            >>> from types import SimpleNamespace
            >>> MySql().text(SimpleNamespace(name="sku", physical_type="string"))
            'CAST(`sku` AS char)'
        """
        name = f"`{column.name}`"
        if column.physical_type == "timestamp":
            return f"date_format({name}, '{_MICROSECONDS}')"
        return f"CAST({name} AS char)"


class MySqlSession:
    """`Session` of a connection of PyMySQL.

    Args:
        connection: The connection, which commits each statement.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: str, params: Sequence[Any] | None = None) -> Any:
        """Execute a statement."""
        cursor = self._connection.cursor()
        cursor.execute(query, params)
        return cursor

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction; a statement that changes a table's form commits what was before it."""
        self._connection.begin()
        try:
            yield
        except BaseException:
            with contextlib.suppress(*MySql().failures):  # the server rolls back what lost its session
                self._connection.rollback()
            raise
        self._connection.commit()
