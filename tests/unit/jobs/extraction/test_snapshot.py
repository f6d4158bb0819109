"""Rows of one moment from both engines, however many connections read and however the bytes fall."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from jobs.extraction.postgres import copy_stream
from tests.unit.jobs.extraction.shop import column


def _row(*values):
    body = len(values).to_bytes(2, "big") + b"".join(len(v).to_bytes(4, "big") + v for v in values)
    return b"d" + (len(body) + 4).to_bytes(4, "big") + body


def test_a_value_that_looks_like_the_beginning_of_a_row_is_none():
    rows = [_row(b"x", _row(b"a", b"b")), _row(b"", b"d\0\0\0\7\0\2"), _row(b"y", b"z")]
    data = np.frombuffer(b"".join(rows) + b"\0" * copy_stream.PADDING, np.uint8)
    length = sum(map(len, rows))

    starts, end = copy_stream.found(data, 0, length, 2)
    assert starts.tolist() == [0, len(rows[0]), len(rows[0]) + len(rows[1])]
    assert end == length


@pytest.mark.parametrize("size", [64, 1000, 65_536])
def test_rows_are_the_same_wherever_the_buffer_ends(shop, sql, monkeypatch, size):
    monkeypatch.setattr(copy_stream, "BUFFER", size)
    sql("CREATE TABLE t (id bigint PRIMARY KEY, v text, w text)")
    sql(
        "INSERT INTO t SELECT i, repeat('d', i % 97), CASE WHEN i % 3 = 0 THEN repeat('é', i % 300) END FROM generate_series(1, 2000) AS i"
    )
    shop.plan("t", [column("id", "bigint"), column("v"), column("w")])

    assert shop.run() == 0
    found = [tuple(row.values()) for row in shop.rows("t")]
    assert found == sql("SELECT id, v, w FROM t ORDER BY id")


def test_mysql_shares_key_ranges_under_one_snapshot_while_the_shop_writes(mysql_shop, mysql):
    for name in ("a", "b"):
        mysql(f"CREATE TABLE {name} (id bigint PRIMARY KEY)")
        mysql(f"INSERT INTO {name} SELECT seq FROM seq_1_to_450000", f"ANALYZE TABLE {name}")
        mysql_shop.plan(name, [column("id", "bigint")])
    ended = threading.Event()

    def write():
        number = 1_000_000
        while not ended.is_set():
            number += 1
            mysql("BEGIN", f"INSERT INTO b VALUES ({number})", f"INSERT INTO a VALUES ({number})", "COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert mysql_shop.run(workers=3) == 0
    finally:
        ended.set()
        writer.join()
    found = mysql_shop.table("a").sort_by("id")
    assert found.equals(mysql_shop.table("b").sort_by("id"))
    assert found.column("id").to_pylist()[:450_000] == list(range(1, 450_001))


def test_mysql_without_the_right_to_lock_is_read_by_one_connection(mysql_shop, mysql, capsys):
    mysql("CREATE TABLE t (id bigint PRIMARY KEY)", "INSERT INTO t SELECT seq FROM seq_1_to_1000")
    mysql(f"REVOKE LOCK TABLES ON {mysql_shop.schema}.* FROM extractor@localhost")
    mysql_shop.plan("t", [column("id", "bigint")])

    assert mysql_shop.run(workers=4) == 0
    assert "one connection reads alone" in capsys.readouterr().err
    assert mysql_shop.table("t").num_rows == 1000


def test_an_empty_table_of_mysql_is_committed(mysql_shop, mysql):
    mysql("CREATE TABLE t (id bigint PRIMARY KEY, v text)")
    mysql_shop.plan("t", [column("id", "bigint"), column("v")])

    assert mysql_shop.run() == 0
    assert mysql_shop.table("t").num_rows == 0


def test_no_more_connections_are_opened_than_the_budget_allows(shop, sql):
    sql("CREATE TABLE t (id bigint PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    sql("ALTER ROLE extractor CONNECTION LIMIT 2")
    shop.plan("t", [column("id", "bigint")])
    shop.environment["SOURCE_CONNECTIONS"] = "2"

    try:
        assert shop.run(workers=8) == 0
        shop.environment["SOURCE_CONNECTIONS"] = "3"
        assert shop.run(workers=8) == 3
    finally:
        sql("ALTER ROLE extractor CONNECTION LIMIT -1")
