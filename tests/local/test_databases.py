"""The shop's database end to end: every row of it is the row of curated, whatever goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from typing import Any

import psycopg
import pytest
from shop_books import TOKEN, Books
from shop_extractions import INSTANCE, extractions, extractors, held, run_day, wait_for, waiting_readers

from operations.laptop.shop_database import shop_database

pytestmark = pytest.mark.local
DATASETS = ("customers", "orders", "order_items")


@pytest.fixture
def books(retail: Any) -> Any:
    """Over a tunnel of the test's own: some tests end its connection."""
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        yield Books(retail, database)


@pytest.fixture(scope="module")
def days() -> Any:
    """Days of the tests' own, after those of the demo, each once."""
    return iter(f"2026-02-{day:02d}" for day in range(1, 29))


def order(number: int, day: str, **more: Any) -> dict[str, Any]:
    return {
        "order_id": f"O20260201-{number:08d}",
        "customer_id": "C00000001",
        "ordered_at": f"{day} 10:00:00",
        "updated_at": f"{day} 10:00:00",
        "state": "VIC",
        "channel": "web",
        "status": "paid",
        "total": "120.50",
        "contact_email": "a@example.com",
    } | more


def write(database: Any, table: str, rows: list[dict[str, Any]], changed_at: str = "now()") -> None:
    """Rows that the shop writes, new or again."""
    names = list(rows[0])
    key = {"orders": ["order_id"], "customers": ["customer_id"], "order_items": ["order_id", "line"]}[table]
    others = [f"{name} = excluded.{name}" for name in [*names, "changed_at"] if name not in key]
    with database._database.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({', '.join(names)}, changed_at) VALUES ({', '.join(f'%({n})s' for n in names)}, {changed_at})"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(others)}",
            rows,
        )


def item(number: int) -> dict[str, Any]:
    return {
        "order_id": f"O20260201-{number:08d}",
        "line": 1,
        "sku": "SKU-00001",
        "quantity": 1,
        "unit_price": "20.00",
        "discount": "0.00",
    }


def customer(number: str) -> dict[str, Any]:
    return {
        "customer_id": number, "name": "Ada", "email": "ada@example.com", "phone": "0491 570 156",
        "date_of_birth": "1990-01-01", "address_line": "1 High Street", "suburb": "Carlton", "state": "VIC",
        "postcode": "3053", "loyalty_tier": None, "loyalty_card": None, "marketing_consent": True,
        "created_at": "2026-02-01 09:00:00",
    }  # fmt: skip


def trade(books: Books, day: str, first: int, count: int = 150) -> None:
    """What the contracts expect of a day at least: a customer, orders of the day, and their items."""
    write(books.database, "customers", [customer("C90000000")])
    write(
        books.database,
        "orders",
        [order(first + place, day, total=f"{100 + place % 50}.25") for place in range(count)],
    )
    write(books.database, "order_items", [item(first + place) for place in range(count)])


# --- what is copied ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_row_of_the_database_is_the_row_of_curated(books, dataset):
    assert books.source(dataset)
    assert books.differences(dataset) == []


@pytest.mark.parametrize(("dataset", "column"), [("customers", "email"), ("orders", "contact_email")])
def test_what_is_masked_at_landing_is_a_token_in_the_very_first_file(books, retail, dataset, column):
    raw = f'"{retail.names.database("raw")}"."{dataset}"'
    clear = retail.query(
        f"SELECT count(*) FROM {raw} WHERE NOT regexp_like({column}, '{TOKEN}')", retail.as_role("engineer")
    )
    assert clear == [["0"]]


def test_a_day_again_reads_nothing_again(books, retail, days):
    day, following = next(days), next(days)
    trade(books, day, 1_000)
    run_day(retail, day)
    manifests = extractions(retail, day)
    trade(books, following, 2_000)
    run_day(retail, day)
    assert extractions(retail, day) == manifests
    run_day(retail, following)
    assert [books.differences(dataset) for dataset in DATASETS] == [[], [], []]


def test_the_ledger_knows_rows_and_checksums_of_what_was_read(retail):
    day = retail.days[0]
    (key,) = extractions(retail, day)
    manifest = json.loads(
        retail.client("s3").get_object(Bucket=retail.names.bucket("raw"), Key=key)["Body"].read()
    )
    item = json.dumps(retail.ledger("source:shop", day))
    for dataset in DATASETS:
        table = manifest["tables"][dataset]
        assert table["rows"] == retail.count("raw", dataset, day)
        assert table["sha256"] in item


def test_a_row_that_commits_late_is_read_by_the_next_run_and_doubled_by_none(books, retail, days):
    day, following = next(days), next(days)
    trade(books, day, 3_000)
    with shop_database(retail.connection, "shop", on_progress=print) as (late, _):
        with late._database.transaction():
            write(late, "orders", [order(3_500, day)])  # stamped now, committed after the extraction
            run_day(retail, day)
        assert ("O20260201-00003500",) not in books.curated("orders")
        trade(books, following, 3_600)
        run_day(retail, following)
    assert ("O20260201-00003500",) in books.curated("orders")
    assert books.differences("orders") == []


def test_tables_are_of_one_moment_while_the_shop_writes_on(books, retail, days):
    day, following = next(days), next(days)
    trade(books, day, 4_000)
    with held(retail, "order_items"):
        run = retail.start("*", day)
        wait_for("an extraction waits", lambda: waiting_readers(books))
        write(books.database, "orders", [order(4_500, day)])  # after the snapshot, before its items are read
        write(books.database, "customers", [customer("C90000001")])
    ended = retail.wait(run)
    assert (ended.status, ended.cause) == ("SUCCEEDED", "")
    assert ("O20260201-00004500",) not in books.curated("orders")
    assert ("C90000001",) not in books.curated("customers")
    write(books.database, "order_items", [item(4_500)])
    trade(books, following, 4_600)
    run_day(retail, following)
    assert [books.differences(dataset) for dataset in DATASETS] == [[], [], []]


# --- what goes wrong -----------------------------------------------------------------------------------------------------


def test_an_extractor_that_is_killed_leaves_nothing_and_loses_nothing(books, retail, days):
    day = next(days)
    trade(books, day, 5_000)
    with held(retail, "order_items"):
        run = retail.start("*", day)
        wait_for("an extraction waits", lambda: waiting_readers(books))
        for process in extractors(retail):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert extractions(retail, day) == []
        assert books.rows_of_the_day("orders", day) == 0
    ended = retail.wait(run)
    assert (ended.status, ended.cause) == ("SUCCEEDED", "")
    assert [books.differences(dataset) for dataset in DATASETS] == [[], [], []]


def test_a_database_that_restarts_in_the_middle_is_read_again(retail, days):
    day = next(days)
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        books = Books(retail, database)
        trade(books, day, 6_000)
        with contextlib.suppress(psycopg.Error), held(retail, "order_items"):
            run = retail.start("*", day)
            wait_for("an extraction waits", lambda: waiting_readers(books))
            retail.client("rds").reboot_db_instance(DBInstanceIdentifier=INSTANCE)
            wait_for("the database is back", lambda: available(retail))
    ended = retail.wait(run)
    assert (ended.status, ended.cause) == ("SUCCEEDED", "")
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        assert [Books(retail, database).differences(dataset) for dataset in DATASETS] == [[], [], []]


def available(retail: Any) -> bool:
    found = retail.client("rds").describe_db_instances(DBInstanceIdentifier=INSTANCE)["DBInstances"][0]
    return found["DBInstanceStatus"] == "available"


def test_of_two_runs_of_one_day_one_is_refused_with_its_reason(books, retail, days):
    day = next(days)
    trade(books, day, 7_000)
    with held(retail, "order_items"):
        first = retail.start("*", day)
        wait_for("an extraction waits", lambda: waiting_readers(books))
        second = retail.run("*", day)
        assert (second.status, second.error) == ("FAILED", "AlreadyRunning")
    assert retail.wait(first).status == "SUCCEEDED"
    assert [books.differences(dataset) for dataset in DATASETS] == [[], [], []]


def test_two_days_at_once_wait_for_each_other_at_the_source(books, retail, days):
    day, following = next(days), next(days)
    trade(books, day, 7_300)
    trade(books, following, 7_500)
    with held(retail, "order_items"):
        first = retail.start("*", day)
        wait_for("an extraction waits", lambda: waiting_readers(books))
        second = retail.start("*", following)
        time.sleep(5)
        assert len({pid for (pid,) in waiting_readers(books)}) <= 2  # the workers of one extraction
    assert [retail.wait(run).status for run in (first, second)] == ["SUCCEEDED", "SUCCEEDED"]
    assert [books.differences(dataset) for dataset in DATASETS] == [[], [], []]


def test_a_column_that_vanished_is_refused_by_name_and_nothing_is_seen(books, retail, days):
    day = next(days)
    trade(books, day, 8_000)
    books.database._database.execute("ALTER TABLE orders RENAME COLUMN channel TO chanel")
    try:
        ended = retail.run("*", day)
    finally:
        books.database._database.execute("ALTER TABLE orders RENAME COLUMN chanel TO channel")
    assert ended.status == "FAILED"
    assert "channel" in ended.cause
    assert "chanel" in ended.cause
    assert extractions(retail, day) == []
    assert all(books.rows_of_the_day(dataset, day) == 0 for dataset in DATASETS)
    run_day(retail, day)
    assert [books.differences(dataset) for dataset in DATASETS] == [[], [], []]


def test_a_column_that_is_new_is_not_read(books, retail, days):
    books.database._database.execute("ALTER TABLE orders ADD COLUMN secret text DEFAULT 'of nobody else'")
    try:
        day = next(days)
        trade(books, day, 8_500)
        run_day(retail, day)
    finally:
        books.database._database.execute("ALTER TABLE orders DROP COLUMN secret")
    assert books.differences("orders") == []
