"""Users of an RDS MySQL, kept by the MariaDB that stands in for it."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING, Any

import pymysql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.engines.mariadb import Server

ADMIN = "rdsadmin"
_MASTER_RIGHTS = (
    "SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, "
    "CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, "
    "CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER"
)


@contextlib.contextmanager
def admin(server: Server) -> Iterator[Any]:
    """A cursor of rdsadmin; of the password-less root only before `make` has taken it away."""
    file = _password_file(server)
    own = file.exists()
    with pymysql.connect(
        unix_socket=str(server.socket),
        user=ADMIN if own else "root",
        password=file.read_text() if own else "",
        autocommit=True,
        connect_timeout=10,
    ) as connection:
        yield connection.cursor()


def make(server: Server, *, master: str, password: str, database: str | None) -> None:
    """Make the users and the first database of a new instance; safe to repeat."""
    file = _password_file(server)
    if not file.exists():
        own = secrets.token_urlsafe(24)
        with admin(server) as cursor:
            cursor.execute(f"CREATE OR REPLACE USER '{ADMIN}'@'localhost' IDENTIFIED BY %s", (own,))
            cursor.execute(f"GRANT ALL ON *.* TO '{ADMIN}'@'localhost' WITH GRANT OPTION")
            file.touch(mode=0o600)
            file.write_text(own)
    with admin(server) as cursor:
        cursor.execute("DROP USER IF EXISTS 'root'@'localhost', ''@'localhost', 'mariadb.sys'@'127.0.0.1'")
        cursor.execute("CREATE USER IF NOT EXISTS %s@'%%' IDENTIFIED BY %s", (master, password))
        cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (master, password))
        cursor.execute(f"GRANT {_MASTER_RIGHTS} ON *.* TO %s@'%%' WITH GRANT OPTION", (master,))
        if database:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS `{database.replace('`', '``')}`")


def set_password(server: Server, user: str, password: str) -> None:
    """Change the password of a user."""
    with admin(server) as cursor:
        cursor.execute("ALTER USER %s@'%%' IDENTIFIED BY %s", (user, password))


def set_globals(server: Server, wanted: dict[str, str]) -> None:
    """Set what can be set while it runs; static variables wait for the restart."""
    with admin(server) as cursor:
        for name, value in wanted.items():
            with contextlib.suppress(pymysql.Error):
                cursor.execute(f"SET GLOBAL {name.removeprefix('loose_')} = {_literal(value)}")


def _literal(value: str) -> str:
    return (
        value if value.lstrip("-").isdigit() else "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    )


def password(server: Server) -> str:
    """The password of rdsadmin."""
    return _password_file(server).read_text()


def take_password(server: Server, text: str) -> None:
    """Note the password that rdsadmin has now."""
    _password_file(server).write_text(text)


def _password_file(server: Server) -> Path:
    return server.folder / "rdsadmin"
