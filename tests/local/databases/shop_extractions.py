"""Extractions of the shop's database as they go on: held in the middle of their tables, found as processes, waited for."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.laptop.shop_database import shop_database
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shop_books import Books

INSTANCE = "dp-local-retail-shop"


def run_day(retail: Any, day: str, dataset: str = "*") -> Any:
    """The run of a day, which must end well."""
    ended = retail.run(dataset, day)
    assert (ended.status, ended.cause) == ("SUCCEEDED", "")
    return ended


def extractions(retail: Any, day: str) -> list[str]:
    """The manifests of a day's extractions."""
    prefix = f"_extractions/source=shop/ingest_date={day}/"
    listed = retail.client("s3").list_objects_v2(Bucket=retail.names.bucket("raw"), Prefix=prefix)
    return [entry["Key"] for entry in listed.get("Contents", [])]


@contextlib.contextmanager
def held(retail: Any, table: str) -> Iterator[Any]:
    """Nobody reads the table as long as this: an extraction waits in the middle of its tables.

    Gives the connection that holds it, in a transaction: what it writes is there once others may read.
    """
    with (
        shop_database(retail.connection, "shop", on_progress=print) as (holder, _),
        holder._database.transaction(),
    ):
        holder._database.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield holder


def wait_for_a_reader(books: Books) -> None:
    """An extraction waits in the middle of its tables."""
    until(lambda: waiting_readers(books), what="an extraction that waits", seconds=60, every=0.1)


def waiting_readers(books: Books) -> list[Any]:
    """Connections of extractors that wait for a lock."""
    return list(
        books.database.ask(
            "SELECT pid FROM pg_stat_activity WHERE usename = 'extractor' AND wait_event_type = 'Lock'"
        )
    )


def extractors(retail: Any) -> dict[int, dict[str, str]]:
    """This platform's extractors, each process id with its environment: another platform may run beside it."""
    instance = retail.client("rds").describe_db_instances(DBInstanceIdentifier=INSTANCE)["DBInstances"][0]
    port = str(instance["Endpoint"]["Port"])
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"jobs.extraction" not in (process / "cmdline").read_bytes():
                continue
            told = (process / "environ").read_bytes().decode().split("\0")
            variables = dict(line.split("=", 1) for line in told if "=" in line)
            if variables.get("SOURCE_PORT") == port:
                found[int(process.name)] = variables
    return found
