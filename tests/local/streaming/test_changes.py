"""Changes by SQL over the tunnel arrive in staged, whatever kind they are; what cannot be loaded is kept and mended."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import asdict

import pytest

from local.retail.stock import Stock
from operations.laptop import both_sides, stock_writer
from tests.waiting import until

pytestmark = pytest.mark.local
SECONDS = 300


@pytest.fixture(scope="module")
def stock():
    return Stock(2_000)


def written(database, stock, changes, **only):
    statements = [asdict(each) for each in stock.transaction(changes, **only)]
    return stock_writer.write(database, statements)


def test_rows_that_are_inserted_changed_deleted_and_moved_are_in_staged_as_in_the_source(shop, stock):
    with shop.database() as database:
        written(database, stock, 120, only="insert")
        for operation in ("update", "delete", "move"):
            written(database, stock, 30, only=operation)
        for _ in range(5):
            written(database, stock, 40)
    assert shop.settles(seconds=SECONDS) == []


def test_a_row_that_changes_many_times_in_one_transaction_ends_as_its_last_statement_says(shop):
    key = {"sku": "SKU-04999", "location": "NSW-01"}
    row = {**key, "quantity": 1, "reorder_point": None, "unit_cost": "1.00", "counted_at": None, "note": None}
    with shop.database() as database:
        statements = [
            ("insert", row),
            ("update", {**row, "quantity": 2}),
            ("delete", key),
            ("insert", {**row, "quantity": 3, "note": "again"}),
            ("move", {**key, "new_sku": "SKU-04999", "new_location": "NSW-02"}),
            (
                "move",
                {"sku": "SKU-04999", "location": "NSW-02", "new_sku": "SKU-04999", "new_location": "NSW-03"},
            ),
            ("update", {**row, "location": "NSW-03", "quantity": 4}),
        ]
        stock_writer.write(database, [{"operation": name, "rows": [given]} for name, given in statements])
    assert shop.settles(seconds=SECONDS) == []
    lake = both_sides.in_lake(shop.connection, shop.names, shop.dataset)
    assert {key: row[2] for key, row in lake.items() if key[0] == "SKU-04999"} == {
        ("SKU-04999", "NSW-03"): "4"
    }


def test_what_is_rolled_back_never_happened(shop):
    before = both_sides.in_lake(shop.connection, shop.names, shop.dataset)
    with shop.database() as database:
        with contextlib.suppress(ZeroDivisionError), database.transaction() as open_:
            open_.execute(f"DELETE FROM {shop.table}")
            raise ZeroDivisionError
        written(database, Stock(3_000), 1, only="insert")
    assert shop.settles(seconds=SECONDS) == []
    assert len(both_sides.in_lake(shop.connection, shop.names, shop.dataset)) == len(before) + 1


def test_curated_is_what_staged_is(shop):
    lake = [
        both_sides.in_lake(shop.connection, shop.names, shop.dataset, zone=zone)
        for zone in ("staged", "curated")
    ]
    assert lake[0] == lake[1]


def test_the_heartbeat_comes_through_in_less_than_a_minute(shop):
    heartbeats = next(each for each in shop.domain.datasets if each.name == "heartbeats")

    began = dt.datetime.now(dt.UTC)

    def beats_since():
        rows = both_sides.in_lake(shop.connection, shop.names, heartbeats).values()
        return [at for _, at in rows if dt.datetime.fromisoformat(f"{at}+00:00") > began]

    shop.reads("heartbeats", on=True)
    try:
        assert until(beats_since, seconds=60, every=1)
    finally:
        shop.reads("heartbeats", on=False)


def test_a_column_that_is_wider_goes_through_and_one_of_another_kind_is_refused_until_it_is_undone(
    shop, stock
):
    with shop.database() as database:
        with database.transaction() as open_:
            open_.execute(f"ALTER TABLE {shop.table} ADD COLUMN IF NOT EXISTS shelf text")
            shop.retype(open_, "quantity", "bigint")
        written(database, stock, 60)
    assert shop.settles(seconds=SECONDS) == []
    assert [field["type"] for field in shop.schema_version()[1]["fields"] if field["name"] == "quantity"] == [
        "long"
    ]


def test_a_column_of_another_kind_is_refused_waits_and_goes_on_as_the_runbook_says(shop):
    """docs/runbooks/capture-task-failed.md: nothing is lost; what was written meanwhile is a dead letter with its reason."""
    glue, subject = (
        shop.connection.client("glue"),
        {"RegistryName": shop.names.stream, "SchemaName": shop.topic},
    )
    row = {
        "sku": "SKU-04997", "location": "NSW-01", "quantity": 1, "reorder_point": 5, "unit_cost": "1.00",
        "counted_at": None, "note": None,
    }  # fmt: skip

    def update(database, quantity):
        statement = {"operation": "update", "rows": [{**row, "quantity": quantity}]}
        stock_writer.write(database, [statement])

    def refused():
        listed = glue.list_schema_versions(SchemaId=subject)["Schemas"]
        return [each["VersionNumber"] for each in listed if each["Status"] == "FAILURE"]

    def mismatches():
        classes = [dict(one.headers())["dp.error.class"] for one in shop.read(shop.dead_letters)]
        return classes.count(b"SchemaMismatch")

    before = mismatches()
    with shop.database() as database:
        stock_writer.write(database, [{"operation": "insert", "rows": [row]}])
        assert shop.settles(seconds=SECONDS) == []
        with database.transaction() as open_:
            shop.retype(open_, "reorder_point", "text")
            open_.execute(
                f"UPDATE {shop.table} SET quantity = 2 WHERE sku = 'SKU-04997' AND location = 'NSW-01'"
            )
        [number] = until(refused, seconds=SECONDS, every=1)
        with database.transaction() as open_:
            shop.retype(open_, "reorder_point", "integer")
        update(database, 3)
        assert [(each.source[2], each.lake[2]) for each in shop.differences(database)] == [("3", "1")]
    glue.delete_schema_versions(SchemaId=subject, Versions=str(number))
    glue.update_schema(SchemaId=subject, Compatibility="NONE")
    try:
        shop.captures(restart=True)
        until(lambda: mismatches() == before + 1, seconds=SECONDS, every=2)
    finally:
        glue.update_schema(SchemaId=subject, Compatibility="BACKWARD_ALL")
    assert shop.settles(seconds=SECONDS) == []


@pytest.mark.parametrize("kind", ["loader", "worker"])
def test_who_dies_in_the_middle_comes_back_and_nothing_is_lost_or_doubled(shop, stock, kind):
    with shop.database() as database:
        written(database, stock, 200)
        until(lambda: shop.kill(kind), seconds=SECONDS, every=0.2)
        written(database, stock, 200)
    assert shop.settles(seconds=SECONDS) == []
