"""The shop's database on the laptop: reached through the tunnel as people reach it, and written day by day."""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.laptop.dialects import DIALECTS
from operations.laptop.sources import SOURCES
from operations.scope import naming
from operations.tunnel import open_tunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from data_platform.contracts.model import Dataset, Domain
    from operations.connection import Connection
    from operations.laptop.dialects.dialect import Dialect
    from operations.laptop.source import Source
    from operations.tunnel import Tunnel

# A day's writes are spread over it; hashes of keys are, so that the same row is written at the same second.
_SECONDS_OF_TRADE = 22 * 3600


class ShopDatabase:
    """The database behind an open tunnel. Days are written in PostgreSQL alone, from which extractors read them.

    Args:
        database: A session of the master user; of PostgreSQL it is psycopg's connection.
        dialect: The SQL of its engine.
    """

    def __init__(self, database: Any, dialect: Dialect) -> None:
        self._database, self.dialect = database, dialect

    def prepare(self) -> None:
        """Make the tables and what else the shop's readers need, where they are not there."""
        with self.transaction() as session:
            self.dialect.make_tables(session)

    def holds(self, day: str) -> bool:
        """Whether the day was written before."""
        found = self._database.execute("SELECT FROM public.demo_days WHERE day = %s", [day])
        return found.fetchone() is not None

    def write_day(self, domain: Domain, source: Source, day: str, folder: Path) -> int:
        """Write what changed in the shop on a day, in one transaction; a day that was written stays as it is.

        Args:
            domain: Its contracts name the tables.
            source: Makes the day's rows.
            day: YYYY-MM-DD.
            folder: Where the source writes its files.

        Returns:
            The number of rows that were written.
        """
        if self.holds(day):
            return 0
        rows = 0
        with self._database.transaction():
            for dataset in domain.datasets:
                for file in source.files(dataset, day, folder):
                    rows += self._upsert(dataset, file, day)
            self._database.execute("INSERT INTO public.demo_days VALUES (%s)", [day])
        return rows

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        found: list[tuple[Any, ...]] = self._database.execute(sql).fetchall()
        return found

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A transaction: the session in which statements are executed; an exception rolls it back."""
        with self._database.transaction():
            yield self._database

    def _upsert(self, dataset: Dataset, file: Path, day: str) -> int:
        """Rows of a file: of a key that stands there twice the newest is kept, as the shop itself would."""
        import pyarrow.parquet as pq
        from pyarrow import csv

        table = pq.read_table(file)
        names = ", ".join(table.column_names)
        key = ", ".join(dataset.primary_key)
        others = [name for name in table.column_names if name not in dataset.primary_key]
        newest = ", updated_at DESC" if "updated_at" in table.column_names else ""
        text = io.BytesIO()
        csv.write_csv(table, text, csv.WriteOptions(include_header=False))
        cursor = self._database.cursor()
        cursor.execute(
            f"CREATE TEMP TABLE fresh ON COMMIT DROP AS SELECT {names} FROM {dataset.source.table} LIMIT 0"
        )
        with cursor.copy(f"COPY fresh ({names}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(text.getvalue())
        cursor.execute(
            f"INSERT INTO {dataset.source.table} AS kept ({names}, changed_at)"
            f" SELECT DISTINCT ON ({key}) {names}, timestamptz '{day} 00:00:00+00'"
            f" + make_interval(secs => abs(hashtext(concat_ws('/', {key}))::bigint) % {_SECONDS_OF_TRADE})"
            f" FROM fresh ORDER BY {key}{newest}"
            f" ON CONFLICT ({key}) DO UPDATE SET"
            f" {', '.join(f'{name} = excluded.{name}' for name in [*others, 'changed_at'])}"
        )
        written: int = cursor.rowcount
        cursor.execute("DROP TABLE fresh")
        return written


@contextmanager
def shop_database(
    connection: Connection, source: str, *, on_progress: Callable[[str], None]
) -> Iterator[tuple[ShopDatabase, Tunnel]]:
    """The database of a source as its master user, through a tunnel that is open as long as this.

    Args:
        connection: The environment.
        source: Name of the database in the environment's settings.
        on_progress: Told what the tunnel waits for.

    Raises:
        CommandFailed: when the tunnel does not open, or the database refuses.
    """
    with open_tunnel(connection, source, on_progress=on_progress) as tunnel:
        owner = connection.assume(_owner(connection, source))
        secret = owner.client("secretsmanager").get_secret_value(SecretId=tunnel.secret_arn)
        dialect = DIALECTS[tunnel.engine]
        with dialect.connect(tunnel, json.loads(secret["SecretString"])) as session:
            yield ShopDatabase(session, dialect), tunnel


def _owner(connection: Connection, source: str) -> str:
    """The role that may read the master user's password."""
    settings = next(each for each in connection.environment.databases if each.name == source)
    return naming(settings.domain, connection.environment).role_arn("database-owner")


@contextmanager
def trading(
    connection: Connection,
    domain: Domain,
    *,
    on_progress: Callable[[str], None],
    sources: Mapping[str, Source] = SOURCES,
) -> Iterator[Callable[[str], None]]:
    """What the laptop's sources write into a domain's databases: a function that writes a day, while tunnels are open.

    Args:
        connection: The environment.
        domain: The domain; one without a database has nothing to write.
        on_progress: Told what is waited for.
        sources: The sources that the laptop has.

    Raises:
        CommandFailed: when a tunnel does not open, or a database refuses.
    """
    with ExitStack() as opened, tempfile.TemporaryDirectory(prefix="sources-") as folder:
        books = [
            (opened.enter_context(shop_database(connection, each.name, on_progress=on_progress))[0], source)
            for each in connection.environment.databases_of(domain.name)
            if (source := sources.get(each.name))
        ]
        for database, _ in books:
            database.prepare()

        def write(day: str) -> None:
            for database, source in books:
                if rows := database.write_day(domain, source, day, Path(folder)):
                    on_progress(f"{day}: {rows:,} rows written")

        yield write
