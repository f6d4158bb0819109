"""A source is prepared for capture by its owner, as docs/capture.md says: the connector's user, tables, publication."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from operations.scope import naming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operations.connection import Connection
    from operations.laptop.shop_database import ShopDatabase

USER = "capture"
HEARTBEATS, SIGNALS = "public.heartbeats", "public.debezium_signals"
_TABLES = f"""
CREATE TABLE IF NOT EXISTS {HEARTBEATS} (id int PRIMARY KEY, beat_at timestamptz NOT NULL);
INSERT INTO {HEARTBEATS} VALUES (1, now()) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS {SIGNALS} (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
"""


def password(connection: Connection, source: str) -> str:
    """The connector's password, read as the owner of databases, who makes its user.

    Args:
        connection: The environment.
        source: Name of the database in the environment's settings.

    Raises:
        CommandFailed: when the role may not be assumed.
    """
    domain = next(each.domain for each in connection.environment.databases if each.name == source)
    names = naming(domain, connection.environment)
    owner = connection.assume(names.role_arn("database-owner"))
    told = owner.client("secretsmanager").get_secret_value(SecretId=names.role(f"capture-{source}"))
    return str(json.loads(told["SecretString"])["password"])


def prepare(database: ShopDatabase, *, source: str, password: str, tables: Sequence[str]) -> None:
    """Make what the connector needs, where it is not there; its password is set each time.

    Args:
        database: The database, as its owner.
        source: Name of the database in the environment's settings; the publication is `dp_<source>`.
        password: Of the connector's user.
        tables: The tables that contracts capture.
    """
    from psycopg import sql

    publication, user = sql.Identifier(f"dp_{source}"), sql.Identifier(USER)
    wanted = list(dict.fromkeys([HEARTBEATS, SIGNALS, *tables]))
    with database.transaction() as open_:
        open_.execute(_TABLES)
        if not _there(open_, "SELECT FROM pg_roles WHERE rolname = %s", USER):
            open_.execute(sql.SQL("CREATE ROLE {} LOGIN").format(user))
        open_.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, sql.Literal(password)))
        open_.execute(sql.SQL("GRANT rds_replication TO {}").format(user))
        if not _there(open_, "SELECT FROM pg_publication WHERE pubname = %s", f"dp_{source}"):
            open_.execute(sql.SQL("CREATE PUBLICATION {}").format(publication))
        for table in wanted:
            name = sql.Identifier(*table.split("."))
            if table != SIGNALS:
                open_.execute(sql.SQL("ALTER TABLE {} REPLICA IDENTITY FULL").format(name))
            open_.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, user))
            published = (
                "SELECT FROM pg_publication_tables WHERE pubname = %s AND schemaname || '.' || tablename = %s"
            )
            if not _there(open_, published, f"dp_{source}", table):
                open_.execute(sql.SQL("ALTER PUBLICATION {} ADD TABLE {}").format(publication, name))
        open_.execute(f"GRANT UPDATE (beat_at) ON {HEARTBEATS} TO {USER}")
        open_.execute(f"GRANT INSERT ON {SIGNALS} TO {USER}")


def _there(open_: Any, question: str, *values: str) -> bool:
    return open_.execute(question, list(values)).fetchone() is not None
