"""The same statements in the SQL of each engine leave the same rows, on a real PostgreSQL and on a real MariaDB."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from types import SimpleNamespace

import psycopg
import pymysql
import pytest

from local.engines import mariadb, postgres
from local.retail.stock import Stock
from operations.laptop import both_sides, capture_source, stock_writer
from operations.laptop.dialects import DIALECTS
from operations.laptop.dialects.mysql import MySqlSession
from operations.laptop.shop_database import ShopDatabase
from operations.scope import scope

COLUMNS = ("sku", "location", "quantity", "reorder_point", "unit_cost", "counted_at", "note")


@contextlib.contextmanager
def of_postgres(folder):
    server = postgres.Server(folder, parameters={"fsync": "off"})
    server.start()
    try:
        with psycopg.connect(
            host=str(server.socket.parent), user="postgres", dbname="postgres", autocommit=True
        ) as session:
            session.execute("CREATE ROLE rds_iam")
            session.execute("CREATE ROLE rds_replication")
            session.execute("SET timezone = 'Australia/Melbourne'")
            yield session
    finally:
        server.stop()


@contextlib.contextmanager
def of_mysql(folder):
    server = mariadb.Server(folder)
    server.start()
    try:
        with pymysql.connect(
            unix_socket=str(server.socket),
            user="root",
            autocommit=True,
            init_command="SET time_zone = '+00:00'",
        ) as connection:
            session = MySqlSession(connection)
            session.execute("CREATE DATABASE shop")
            session.execute("USE shop")
            yield session
    finally:
        server.stop()


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dialects")
    with of_postgres(folder / "pg") as pg, of_mysql(folder / "my") as my:
        found = {
            engine: ShopDatabase(session, DIALECTS[engine])
            for engine, session in (("postgres", pg), ("mysql", my))
        }
        for database in found.values():
            database.prepare()
            database.prepare()
        yield found


@pytest.fixture(params=sorted(DIALECTS))
def shop(request, shops):
    database = shops[request.param]
    table = f"{'public' if request.param == 'postgres' else 'shop'}.stock_levels"
    with database.transaction() as open_:
        open_.execute(f"DELETE FROM {table}")
    contract = scope("retail.stock_levels").dataset
    of_its_own = SimpleNamespace(
        columns=[each for each in contract.columns if each.name in COLUMNS],
        primary_key=contract.primary_key,
        source=SimpleNamespace(table=table),
        domain=contract.domain,
        name=contract.name,
    )
    return SimpleNamespace(database=database, dataset=of_its_own, contract=contract, table=table)


def followed(rows, statements):
    """What the statements say, in plain Python."""
    for statement in statements:
        for row in statement["rows"]:
            key = row["sku"], row["location"]
            if statement["operation"] == "insert" or (statement["operation"] == "update" and key in rows):
                rows[key] = tuple(_text(row[name]) for name in COLUMNS)
            elif statement["operation"] == "delete":
                rows.pop(key, None)
            elif statement["operation"] == "move" and key in rows:
                other = row["new_sku"], row["new_location"]
                if other not in rows:
                    rows[other] = (*other, *rows.pop(key)[2:])


def _text(value):
    """As Athena writes it."""
    if isinstance(value, str) and value[4:5] == "-" and "T" in value:
        moment, _, fraction = value.replace("T", " ").partition(".")
        return f"{moment}.{fraction or '0':0<6}"
    return None if value is None else str(value)


def test_transactions_of_all_kinds_leave_the_rows_that_they_say(shop):
    stock, expected = Stock(11), {}
    for statements in [stock.transaction(60, only="insert"), *(stock.transaction(50) for _ in range(20))]:
        given = [asdict(each) for each in statements]
        assert stock_writer.write(shop.database, given) > 0
        followed(expected, given)
    assert both_sides.in_source(shop.database, shop.dataset) == expected


def test_a_transaction_that_is_written_once_more_changes_what_is_there_and_fails_at_nothing(shop):
    stock, expected = Stock(12), {}
    for statements in [stock.transaction(60, only="insert"), *(stock.transaction(30) for _ in range(8))]:
        given = [asdict(each) for each in statements]
        for _ in range(2):
            stock_writer.write(shop.database, given)
            followed(expected, given)
    assert both_sides.in_source(shop.database, shop.dataset) == expected


def test_what_is_rolled_back_never_happened(shop):
    row = asdict(Stock(13).transaction(1, only="insert")[0])
    stock_writer.write(shop.database, [row])
    before = both_sides.in_source(shop.database, shop.dataset)
    with contextlib.suppress(ZeroDivisionError), shop.database.transaction() as open_:
        open_.execute(f"DELETE FROM {shop.table}")
        raise ZeroDivisionError
    assert both_sides.in_source(shop.database, shop.dataset) == before != {}


def test_the_moment_of_a_change_is_told_in_utc(shop):
    stock_writer.write(shop.database, [asdict(Stock(14).transaction(1, only="insert")[0])])
    column = shop.contract.column("changed_at")
    now = "now() AT TIME ZONE 'UTC'" if "public" in shop.table else "utc_timestamp()"
    [[changed, asked]] = shop.database.ask(
        f"SELECT {shop.database.dialect.text(column)}, {now} FROM {shop.table}"
    )
    assert changed[:15] == str(asked)[:15]
    assert len(changed) == len("2026-01-05 00:00:00.000000")


def test_a_source_is_prepared_for_capture_as_often_as_somebody_asks(shop):
    for password in ("first", "sec'ond"):
        capture_source.prepare(shop.database, source="shop", password=password, tables=[shop.table])
    beats = "public.heartbeats" if "public" in shop.table else "shop.heartbeats"
    assert [row[0] for row in shop.database.ask(f"SELECT id FROM {beats}")] == [1]


def test_every_operation_of_the_generator_has_its_statement_in_every_dialect():
    transactions = list(stock_writer.made(rows=30, transactions=40, changes=20, seed=7))
    operations = {each["operation"] for statements in transactions for each in statements}
    assert len(transactions) == 41
    assert [set(each.stock) for each in DIALECTS.values()] == [operations] * len(DIALECTS)
