"""Days of the shop's database that go otherwise than others: each is run once, for all that it tells."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from shop_books import Books
from shop_extractions import extractions, held, run_day, wait_for_a_reader, waiting_readers
from shop_trade import customer, item, order, orders_of_a_day, trade, write

from operations.laptop.shop_database import shop_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployed_platform import Run

pytestmark = pytest.mark.local
DATASETS = ("customers", "orders", "order_items")


@pytest.fixture(scope="module")
def days() -> Iterator[str]:
    """Days of the tests' own, after those of the demo, each once."""
    return iter(f"2026-02-{day:02d}" for day in range(1, 15))


def differences(books: Books) -> list[str]:
    """What is in the database or in curated only, or otherwise there, of any of the tables."""
    return [line for dataset in DATASETS for line in books.differences(dataset)]


@dataclass(kw_only=True)
class Late:
    """What two days brought around an order that is stamped within the first extraction and committed after it."""

    extracted: list[str]
    extracted_again: list[str]
    in_curated: list[bool]
    differences: list[str]


@pytest.fixture(scope="module")
def around_a_late_row(retail: Any, days: Iterator[str]) -> Late:
    """A day, the same day again once the late row is there, and the day that follows."""
    day, following = next(days), next(days)
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        books = Books(retail, database)
        write(database, "orders", orders_of_a_day(3_000, day))
        with shop_database(retail.connection, "shop", on_progress=print) as (late, _):
            with late._database.transaction():
                write(late, "orders", [order(3_500, day)])  # stamped now, committed after the extraction
                run_day(retail, day, "orders")
            in_curated = [_is_in_curated(books, 3_500)]
        extracted = extractions(retail, day)
        write(database, "orders", orders_of_a_day(3_600, following))
        run_day(retail, day, "orders")
        extracted_again = extractions(retail, day)
        in_curated.append(_is_in_curated(books, 3_500))
        run_day(retail, following, "orders")
        in_curated.append(_is_in_curated(books, 3_500))
        return Late(
            extracted=extracted,
            extracted_again=extracted_again,
            in_curated=in_curated,
            differences=differences(books),
        )


def _is_in_curated(books: Books, number: int) -> bool:
    return (f"O20260201-{number:08d}",) in books.curated("orders")


def test_a_day_again_reads_nothing_again(around_a_late_row):
    assert len(around_a_late_row.extracted) == 1
    assert around_a_late_row.extracted_again == around_a_late_row.extracted
    assert around_a_late_row.differences == []


def test_a_row_that_commits_late_is_read_by_the_next_run_and_doubled_by_none(around_a_late_row):
    assert around_a_late_row.in_curated == [False, False, True]
    assert around_a_late_row.differences == []


@dataclass(kw_only=True)
class Held:
    """What was while an extraction was held in the middle of its tables, and what its day and the next one brought."""

    day: str
    following: str
    same_day: Run
    readers: int
    statuses: list[str]
    days_of: dict[str, list[str]]
    differences: list[str]


@pytest.fixture(scope="module")
def while_an_extraction_is_held(retail: Any, days: Iterator[str]) -> Held:
    """The shop writes on, and two more runs are started: of the same day, and of the day that follows."""
    day, following = next(days), next(days)
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        books = Books(retail, database)
        trade(database, day, 4_000)
        with held(retail, "order_items") as holder:
            first = retail.start("*", day)
            wait_for_a_reader(books)
            # After the snapshot, before its items are read; who holds the table commits as it lets go of it.
            write(database, "orders", [order(4_500, day)])
            write(database, "customers", [customer("C90000001")])
            write(holder, "order_items", [item(4_500)], "clock_timestamp()")
            trade(holder, following, 4_600, "clock_timestamp()")
            same_day = retail.run("*", day)
            second = retail.start("*", following)
            time.sleep(5)
            readers = len({pid for (pid,) in waiting_readers(books)})
        return Held(
            day=day,
            following=following,
            same_day=same_day,
            readers=readers,
            statuses=[retail.wait(run).status for run in (first, second)],
            days_of={
                "order": _days_of(retail, "orders", "order_id = 'O20260201-00004500'"),
                "item": _days_of(retail, "order_items", "order_id = 'O20260201-00004500'"),
                "customer": _days_of(retail, "customers", "customer_id = 'C90000001'"),
            },
            differences=differences(books),
        )


def _days_of(retail: Any, dataset: str, condition: str) -> list[str]:
    """The days whose extractions have read a row, once for each time that they have."""
    raw = f'"{retail.names.database("raw")}"."{dataset}"'
    found = retail.query(
        f"SELECT ingest_date FROM {raw} WHERE {condition} ORDER BY 1", retail.as_role("engineer")
    )
    return [date for (date,) in found]


def test_tables_are_of_one_moment_while_the_shop_writes_on(while_an_extraction_is_held):
    later = [while_an_extraction_is_held.following]
    assert while_an_extraction_is_held.days_of == {"order": later, "item": later, "customer": later}
    assert while_an_extraction_is_held.differences == []


def test_of_two_runs_of_one_day_one_is_refused_with_its_reason(while_an_extraction_is_held):
    refused = while_an_extraction_is_held.same_day
    assert (refused.status, refused.error) == ("FAILED", "AlreadyRunning")
    assert while_an_extraction_is_held.statuses[0] == "SUCCEEDED"
    assert while_an_extraction_is_held.differences == []


def test_two_days_at_once_wait_for_each_other_at_the_source(while_an_extraction_is_held):
    assert while_an_extraction_is_held.readers <= 2  # the workers of one extraction
    assert while_an_extraction_is_held.statuses == ["SUCCEEDED", "SUCCEEDED"]
    assert while_an_extraction_is_held.differences == []


@dataclass(kw_only=True)
class Changed:
    """What a day brought whose table first lacked a column, and then had one too many."""

    refused: Run
    extracted: list[str]
    rows: list[int]
    columns: list[str]
    differences: list[str]


@pytest.fixture(scope="module")
def over_changed_columns(retail: Any, days: Iterator[str]) -> Changed:
    """A run without a column of the contract, and the same day again with it and one that no contract names."""
    day = next(days)
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        books, ask = Books(retail, database), database._database.execute
        write(database, "orders", orders_of_a_day(8_000, day))
        ask("ALTER TABLE orders RENAME COLUMN channel TO chanel")
        try:
            refused = retail.run("*", day)
        finally:
            ask("ALTER TABLE orders RENAME COLUMN chanel TO channel")
        extracted = extractions(retail, day)
        rows = [books.rows_of_the_day(dataset, day) for dataset in DATASETS]
        ask("ALTER TABLE orders ADD COLUMN secret text DEFAULT 'of nobody else'")
        try:
            run_day(retail, day, "orders")
        finally:
            ask("ALTER TABLE orders DROP COLUMN secret")
        return Changed(
            refused=refused,
            extracted=extracted,
            rows=rows,
            columns=_columns_in_raw(retail, "orders", day),
            differences=differences(books),
        )


def _columns_in_raw(retail: Any, dataset: str, day: str) -> list[str]:
    """The columns that the files of a day have."""
    s3, bucket = retail.client("s3"), retail.names.bucket("raw")
    prefix = retail.names.raw_partition(dataset, "shop", day).split("/", 3)[3]
    return sorted(
        {
            name
            for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
            for name in pq.read_schema(
                io.BytesIO(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
            ).names
        }
    )


def test_a_column_that_vanished_is_refused_by_name_and_nothing_is_seen(over_changed_columns):
    refused = over_changed_columns.refused
    assert refused.status == "FAILED"
    assert "channel" in refused.cause
    assert "chanel" in refused.cause
    assert over_changed_columns.extracted == []
    assert over_changed_columns.rows == [0, 0, 0]
    assert over_changed_columns.differences == []


def test_a_column_that_is_new_is_not_read(over_changed_columns):
    assert "channel" in over_changed_columns.columns
    assert "secret" not in over_changed_columns.columns
    assert over_changed_columns.differences == []
