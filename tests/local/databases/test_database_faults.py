"""Faults and odd values, end to end: whatever happens on the way, every row of the database is the row of curated."""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from shop_books import Books
from shop_extractions import extractions, extractors, held, run_day, wait_for_a_reader

from operations.laptop.shop_database import shop_database
from tests.unit.jobs.extraction.fault_proxy import FaultProxy
from tests.unit.jobs.extraction.random_rows import POSTGRES, ROWS, parameter, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local
# What raw keeps of these types is not what `::text` says.
WRITTEN = {
    "bytes": "encode(bytes, 'hex')",
    "content": "encode(content, 'hex')",
    "padded": "padded",
    "widened": "widened::double precision::text",
    **{
        name: f"to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        for name in ("instant", "fine_instant")
    },
}


@pytest.fixture(scope="module")
def tables(extended: Any) -> Any:
    """The platform with the contracts of these tables beside its own."""
    return extended.retail


@pytest.fixture
def books(tables: Any) -> Iterator[Books]:
    """Both sides of each table."""
    with shop_database(tables.connection, "shop", on_progress=print) as (database, _):
        database._database.execute("SET intervalstyle = 'iso_8601'")
        yield Books(tables, database, WRITTEN)


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    """Days of the tests' own, each once."""
    return iter(f"2026-04-{day:02d}" for day in range(1, 31))


def write_random_rows(books: Books) -> None:
    """A thousand rows in the place of those that are there."""
    database = books.database._database
    casts = ", ".join(f"CAST(%s AS {kind})" for kind, _, _ in POSTGRES.values())
    with database.transaction(), database.cursor() as cursor:
        cursor.execute("DELETE FROM every_type")
        cursor.executemany(
            f"INSERT INTO every_type VALUES (%s, {casts})",
            [(number, *map(parameter, row)) for number, row in enumerate(rows_of(POSTGRES))],
        )


@dataclass
class WeakS3:
    """What an extraction met on its way to S3, and what it brought."""

    failed: int
    differences: list[str]
    rows: int


@contextlib.contextmanager
def through(retail: Any, proxy: FaultProxy) -> Iterator[None]:
    """Extractors reach S3 through the proxy, and everything else as before."""
    file = retail.state / "images.json"
    before = file.read_text()
    images = json.loads(before)
    images["dp-local/extractor"]["env"]["AWS_ENDPOINT_URL_S3"] = proxy.url
    file.write_text(json.dumps(images))
    try:
        yield
    finally:
        file.write_text(before)


@pytest.fixture(scope="module")
def over_a_weak_s3(tables: Any, days: Iterator[str]) -> WeakS3:
    """A thousand random rows, copied while S3 throttles and fails at three of five calls that write."""
    answers = [(503, "SlowDown"), (500, "InternalError"), (503, "ServiceUnavailable"), None, None]
    calls = iter(range(10**6))
    proxy = FaultProxy(tables.endpoint["endpoint"], tables.endpoint["ca"])
    proxy.fails = lambda method, _path: (
        answers[next(calls) % len(answers)] if method in ("PUT", "POST") else None
    )
    with shop_database(tables.connection, "shop", on_progress=print) as (database, _):
        database._database.execute("SET intervalstyle = 'iso_8601'")
        books = Books(tables, database, WRITTEN)
        write_random_rows(books)
        with contextlib.closing(proxy), through(tables, proxy):
            run_day(tables, next(days), "every_type")
        return WeakS3(proxy.failed, books.differences("every_type"), len(books.curated("every_type")))


def test_throttling_and_errors_of_s3_lose_and_change_no_row(over_a_weak_s3):
    assert over_a_weak_s3.failed >= 3
    assert over_a_weak_s3.differences == []


def test_a_thousand_random_rows_of_every_type_are_those_of_curated(over_a_weak_s3):
    assert over_a_weak_s3.rows == ROWS
    assert over_a_weak_s3.differences == []


@dataclass
class Expired:
    """What an extraction did whose credentials expired in its middle, and what it brought."""

    said: str
    manifests: int
    differences: list[str]
    sizes: dict[str, str]


@pytest.fixture(scope="module")
def over_an_expiry(tables: Any, days: Iterator[str]) -> Expired:
    """Values of ten thousand characters and one of 200 MB, copied by a task whose session is over before it writes."""
    day = next(days)
    with shop_database(tables.connection, "shop", on_progress=print) as (database, _):
        books = Books(tables, database, WRITTEN, digested=["content"])
        database._database.execute(
            "INSERT INTO large_values"
            " SELECT i, repeat(chr(192 + i % 9000), 10000), decode(repeat('00ff41', i), 'hex')"
            " FROM generate_series(1, 300) AS i"
        )
        database._database.execute(
            "INSERT INTO large_values VALUES (1000, 'large', decode(repeat('00ff41', 66700000), 'hex'))"
        )
        with held(tables, "large_values"):
            run = tables.start("large_values", day)
            wait_for_a_reader(books)
            keys = {variables["AWS_ACCESS_KEY_ID"] for variables in extractors(tables).values()}
            (tables.state / "expired-keys").write_text("\n".join(keys))
        ended = tables.wait(run, seconds=900)
        assert (ended.status, ended.cause) == ("SUCCEEDED", "")
        return Expired(
            said=said_by_extractors(tables),
            manifests=len(extractions(tables, day)),
            differences=books.differences("large_values"),
            sizes=dict(database.ask("SELECT id::text, length(content)::text FROM large_values")),
        )


def said_by_extractors(retail: Any) -> str:
    """Their log of the last minutes."""
    events = retail.client("logs").filter_log_events(
        logGroupName=f"/{retail.names.extractor_task('shop')}", startTime=int((time.time() - 300) * 1000)
    )["events"]
    return "\n".join(event["message"] for event in events)


def test_credentials_that_expire_in_the_middle_are_renewed_by_a_second_attempt(over_an_expiry):
    assert "ExpiredToken" in over_an_expiry.said
    assert over_an_expiry.manifests == 1
    assert over_an_expiry.differences == []


def test_values_of_ten_thousand_characters_and_one_of_200_megabytes_are_those_of_curated(over_an_expiry):
    assert (len(over_an_expiry.sizes), over_an_expiry.sizes["1000"]) == (301, "200100000")
    assert over_an_expiry.differences == []


def test_a_table_that_has_lost_its_rows_has_none_in_curated(tables, books, days):
    books.database._database.execute("INSERT INTO no_rows VALUES (1, 'a'), (2, NULL), (3, '')")
    run_day(tables, next(days), "no_rows")
    assert (len(books.curated("no_rows")), books.differences("no_rows")) == (3, [])

    books.database._database.execute("DELETE FROM no_rows")
    run_day(tables, next(days), "no_rows")
    assert (len(books.curated("no_rows")), books.differences("no_rows")) == (0, [])
