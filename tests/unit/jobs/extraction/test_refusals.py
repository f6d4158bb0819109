"""What raw cannot keep exactly is refused by name, and nothing is visible."""

from __future__ import annotations

import pytest

from tests.unit.jobs.extraction.shop import column


def _refused(shop, capsys, **options):
    assert shop.run(**options) == 1
    assert shop.aws.objects("_extractions/") == []
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "raw", "said"),
    [
        ("numeric", "decimal(12,2)", "numeric without a precision"),
        ("numeric(12,3)", "decimal(12,2)", "numeric(12,3), which does not fit exactly"),
        ("numeric(14,2)", "decimal(12,2)", "numeric(14,2), which does not fit exactly"),
        ("bigint", "int", "bigint, which does not fit exactly"),
        ("double precision", "float", "double precision, which does not fit exactly"),
        ("bigint", "double", "bigint, which does not fit exactly"),
        ("text", "timestamp", "text, which does not fit exactly"),
        ("money", "string", "money, whose text depends on the server's settings"),
    ],
)
def test_a_type_that_does_not_fit_is_refused_before_anything_is_read(shop, sql, capsys, kind, raw, said):
    sql(f"CREATE TABLE t (id int PRIMARY KEY, v {kind})")
    shop.plan("t", [column("id", "int"), column("v", raw)])

    message = _refused(shop, capsys)
    assert f"{shop.schema}.t: column 'v' is {said}" in message
    assert f"the contract says {raw}" in message
    assert shop.aws.objects() == []


def test_everything_that_is_wrong_is_said_at_once(shop, sql, capsys):
    sql("CREATE TABLE people (id int PRIMARY KEY, e_mail text)", "CREATE TABLE orders (id text PRIMARY KEY)")
    shop.plan("people", [column("id", "int"), column("email")])
    shop.plan("orders", [column("id", "int")])
    shop.plan("items", [column("id", "int")], table="order")

    message = _refused(shop, capsys)
    assert "people: column 'email' is missing; did you mean 'e_mail'?" in message
    assert "orders: column 'id' is text" in message
    assert f"there is no table {shop.schema}.order; did you mean '{shop.schema}.orders'?" in message


@pytest.mark.parametrize(
    ("kind", "raw", "value", "said"),
    [
        ("timestamp", "timestamp", "infinity", "infinite"),
        ("timestamptz", "timestamp", "-infinity", "infinite"),
        ("date", "date", "infinity", "infinite"),
        ("date", "date", "0044-03-15 BC", "before the year 1"),
        ("timestamp", "timestamp", "10000-01-01", "after 9999"),
        ("timestamptz", "timestamp", "2026-01-01 00:00:00.000001+00", "finer than a millisecond"),
        ("numeric(12,2)", "decimal(12,2)", "NaN", "NaN or infinity"),
        ("numeric(30,2)", "decimal(30,2)", "NaN", "NaN or infinity"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused_by_the_key_of_its_row(
    shop, sql, capsys, kind, raw, value, said
):
    sql(f"CREATE TABLE t (id int PRIMARY KEY, v {kind})", "INSERT INTO t SELECT generate_series(1, 41)")
    sql(f"INSERT INTO t VALUES (42, '{value}')", "INSERT INTO t SELECT generate_series(43, 99)")
    shop.plan("t", [column("id", "int"), column("v", raw)])

    message = _refused(shop, capsys)
    assert f"{shop.schema}.t: column 'v' holds a value that raw cannot keep exactly" in message
    assert said in message
    assert "in the row id=42;" in message


@pytest.mark.parametrize("value", ["infinity", "0044-03-15 BC"])
def test_such_values_are_kept_as_text_where_the_contract_says_so(shop, sql, value):
    sql("CREATE TABLE t (id int PRIMARY KEY, v date)", f"INSERT INTO t VALUES (1, '{value}')")
    shop.plan("t", [column("id", "int"), column("v")])

    assert shop.run() == 0
    assert shop.rows("t") == [{"id": 1, "v": value}]


def test_a_personal_key_is_not_told(shop, sql, capsys):
    sql(
        "CREATE TABLE t (email text PRIMARY KEY, v date)",
        "INSERT INTO t VALUES ('ada@example.com', 'infinity')",
    )
    shop.plan("t", [column("email", masking="tokenize"), column("v", "date")], key="email")

    message = _refused(shop, capsys)
    assert "ada" not in message
    assert "whose key is personal" in message


@pytest.mark.parametrize(
    ("kind", "raw", "said"),
    [
        ("bigint unsigned", "bigint", "bigint(20) unsigned, which does not fit exactly"),
        ("int unsigned", "int", "int(10) unsigned, which does not fit exactly"),
        ("bit(2)", "boolean", "bit(2), which does not fit exactly"),
        ("double", "float", "double, which does not fit exactly"),
        ("time", "timestamp", "time, which does not fit exactly"),
        ("point", "string", "point, which does not fit exactly"),
    ],
)
def test_a_type_of_mysql_that_does_not_fit_is_refused(mysql_shop, mysql, capsys, kind, raw, said):
    mysql(f"CREATE TABLE t (id int PRIMARY KEY, v {kind})")
    mysql_shop.plan("t", [column("id", "int"), column("v", raw)])

    assert f"{mysql_shop.schema}.t: column 'v' is {said}" in _refused(mysql_shop, capsys)


@pytest.mark.parametrize(
    ("kind", "raw", "value", "said"),
    [
        ("date", "date", "0000-00-00", "a zero date"),
        ("date", "date", "2026-00-10", "a zero date"),
        ("datetime(6)", "timestamp", "0000-00-00", "a zero date"),
        ("datetime(6)", "timestamp", "2026-01-01 00:00:00.000001", "finer than a millisecond"),
        ("timestamp(6) NULL", "timestamp", "0000-00-00", "a zero date"),
        ("tinyint(1)", "boolean", "2", "neither 0 nor 1"),
    ],
)
def test_a_value_of_mysql_that_cannot_be_kept_is_refused_by_its_key(
    mysql_shop, mysql, capsys, kind, raw, value, said
):
    mysql(f"CREATE TABLE t (id int PRIMARY KEY, v {kind})", f"INSERT INTO t VALUES (7, '{value}')")
    mysql_shop.plan("t", [column("id", "int"), column("v", raw)])

    message = _refused(mysql_shop, capsys)
    assert said in message
    assert "in the row id=7;" in message


def test_zero_dates_are_kept_as_text_where_the_contract_says_so(mysql_shop, mysql):
    mysql("CREATE TABLE t (id int PRIMARY KEY, v date)", "INSERT INTO t VALUES (1, '0000-00-00')")
    mysql_shop.plan("t", [column("id", "int"), column("v")])

    assert mysql_shop.run() == 0
    assert mysql_shop.rows("t") == [{"id": 1, "v": "0000-00-00"}]


def test_an_engine_without_snapshots_is_refused(mysql_shop, mysql, capsys):
    mysql("CREATE TABLE t (id int PRIMARY KEY) ENGINE = MyISAM")
    mysql_shop.plan("t", [column("id", "int")])

    assert "engine MyISAM has no consistent snapshot" in _refused(mysql_shop, capsys)
