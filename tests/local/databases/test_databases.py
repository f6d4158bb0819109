"""The shop's database end to end: every row of it is the row of curated, whatever goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from typing import Any

import psycopg
import pytest
from shop_books import TOKEN, Books
from shop_extractions import INSTANCE, extractions, extractors, held, wait_for_a_reader
from shop_trade import trade

from operations.laptop.shop_database import shop_database
from tests.waiting import until

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
    return iter(f"2026-02-{day:02d}" for day in range(15, 29))


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


# --- what goes wrong -----------------------------------------------------------------------------------------------------


def test_an_extractor_that_is_killed_leaves_nothing_and_loses_nothing(books, retail, days):
    day = next(days)
    trade(books.database, day, 5_000)
    with held(retail, "order_items"):
        run = retail.start("*", day)
        wait_for_a_reader(books)
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
        trade(database, day, 6_000)
        with contextlib.suppress(psycopg.Error), held(retail, "order_items"):
            run = retail.start("*", day)
            wait_for_a_reader(books)
            retail.client("rds").reboot_db_instance(DBInstanceIdentifier=INSTANCE)
            until(lambda: available(retail), what="the database", seconds=60, every=0.1)
    ended = retail.wait(run)
    assert (ended.status, ended.cause) == ("SUCCEEDED", "")
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        assert [Books(retail, database).differences(dataset) for dataset in DATASETS] == [[], [], []]


def available(retail: Any) -> bool:
    found = retail.client("rds").describe_db_instances(DBInstanceIdentifier=INSTANCE)["DBInstances"][0]
    return found["DBInstanceStatus"] == "available"
