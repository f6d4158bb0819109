"""PostgreSQL, as the shop's database is written, prepared for capture and read on the laptop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed
from operations.laptop.dialects.dialect import CAPTURE_USER, STOCK_VALUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from data_platform.contracts.model import Column
    from operations.laptop.dialects.dialect import Session
    from operations.tunnel import Tunnel

HEARTBEATS, SIGNALS = "public.heartbeats", "public.debezium_signals"
_TABLES = Path(__file__).with_name("postgres.sql")
_CAPTURE = f"""
CREATE TABLE IF NOT EXISTS {HEARTBEATS} (id int PRIMARY KEY, beat_at timestamptz NOT NULL);
INSERT INTO {HEARTBEATS} VALUES (1, now()) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS {SIGNALS} (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
"""
_STOCK = "public.stock_levels"
_ROWS = f"jsonb_populate_recordset(NULL::{_STOCK}, %s::jsonb) AS r"
_SET = ", ".join(f"{name} = r.{name}" for name in STOCK_VALUES)
_SAME = "t.sku = r.sku AND t.location = r.location"
_MICROSECONDS = "YYYY-MM-DD HH24:MI:SS.US"


class Postgres:
    """`Dialect` of PostgreSQL 17."""

    stock: Mapping[str, str] = {
        "insert": (
            f"INSERT INTO {_STOCK} AS t (sku, location, {', '.join(STOCK_VALUES)})"
            f" SELECT r.sku, r.location, {', '.join(f'r.{name}' for name in STOCK_VALUES)} FROM {_ROWS}"
            f" ON CONFLICT (sku, location) DO UPDATE SET changed_at = now(), "
            + ", ".join(f"{name} = excluded.{name}" for name in STOCK_VALUES)
        ),
        "update": f"UPDATE {_STOCK} AS t SET {_SET}, changed_at = now() FROM {_ROWS} WHERE {_SAME}",
        "delete": f"DELETE FROM {_STOCK} AS t USING {_ROWS} WHERE {_SAME}",
        "move": (
            f"UPDATE {_STOCK} AS t SET sku = r.new_sku, location = r.new_location, changed_at = now()"
            " FROM jsonb_to_recordset(%s::jsonb) AS r(sku text, location text, new_sku text, new_location text)"
            f" WHERE {_SAME} AND NOT EXISTS"
            f" (SELECT FROM {_STOCK} AS o WHERE o.sku = r.new_sku AND o.location = r.new_location)"
        ),
    }

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What psycopg raises."""
        import psycopg

        return (psycopg.Error,)

    def connect(self, tunnel: Tunnel, master: Mapping[str, str]) -> AbstractContextManager[Session]:
        """A session of the master user; the certificate is for the host behind the tunnel."""
        import psycopg

        try:
            connection: Any = psycopg.connect(
                host=tunnel.database_host,
                hostaddr=tunnel.host,
                port=tunnel.port,
                dbname=tunnel.database_name,
                user=master["username"],
                password=master["password"],
                sslmode="verify-full",
                sslrootcert=tunnel.ca_bundle,
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            raise CommandFailed(f"the database {tunnel.database} refused its master user: {error}") from error
        return connection  # type: ignore[no-any-return] # closes itself at the block's end

    def make_tables(self, session: Session) -> None:
        """Make the tables and the extractor's user."""
        session.execute(_TABLES.read_text(encoding="utf-8"))

    def prepare_capture(self, session: Session, *, source: str, password: str, tables: Sequence[str]) -> None:
        """Make the connector's user and tables, and the publication `dp_<source>` of the tables."""
        from psycopg import sql

        publication, user = sql.Identifier(f"dp_{source}"), sql.Identifier(CAPTURE_USER)
        wanted = list(dict.fromkeys([HEARTBEATS, SIGNALS, *tables]))
        session.execute(_CAPTURE)
        if not _there(session, "SELECT FROM pg_roles WHERE rolname = %s", CAPTURE_USER):
            session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(user))
        session.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(user, sql.Literal(password)))
        session.execute(sql.SQL("GRANT rds_replication TO {}").format(user))
        if not _there(session, "SELECT FROM pg_publication WHERE pubname = %s", f"dp_{source}"):
            session.execute(sql.SQL("CREATE PUBLICATION {}").format(publication))
        for table in wanted:
            name = sql.Identifier(*table.split("."))
            if table != SIGNALS:
                session.execute(sql.SQL("ALTER TABLE {} REPLICA IDENTITY FULL").format(name))
            session.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(name, user))
            published = (
                "SELECT FROM pg_publication_tables WHERE pubname = %s AND schemaname || '.' || tablename = %s"
            )
            if not _there(session, published, f"dp_{source}", table):
                session.execute(sql.SQL("ALTER PUBLICATION {} ADD TABLE {}").format(publication, name))
        session.execute(f"GRANT UPDATE (beat_at) ON {HEARTBEATS} TO {CAPTURE_USER}")
        session.execute(f"GRANT INSERT ON {SIGNALS} TO {CAPTURE_USER}")

    def text(self, column: Column) -> str:
        """The value as text.

        Example:
            >>> from types import SimpleNamespace
            >>> Postgres().text(SimpleNamespace(name="sku", physical_type="string"))
            '"sku"::text'
        """
        name = f'"{column.name}"'
        if column.physical_type == "timestamp":
            zone = " AT TIME ZONE 'UTC'" if column.instant else ""
            return f"to_char({name}{zone}, '{_MICROSECONDS}')"
        return f"{name}::text"


def _there(session: Session, question: str, *values: str) -> bool:
    return session.execute(question, list(values)).fetchone() is not None
