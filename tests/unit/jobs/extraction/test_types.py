"""Random rows of every type come back from raw exactly as both engines have them."""

from __future__ import annotations

import datetime as dt
import json
import math

import psycopg2.extras

from tests.unit.jobs.extraction.random_rows import MYSQL, POSTGRES, ROWS, parameter, rows_of
from tests.unit.jobs.extraction.shop import column


def _same(found, wanted):
    if isinstance(wanted, float) and isinstance(found, float):
        return (
            math.isnan(found)
            if math.isnan(wanted)
            else (found, math.copysign(1, found)) == (wanted, math.copysign(1, wanted))
        )
    return found == wanted


def test_a_thousand_rows_of_every_type_of_postgresql_come_back_exactly(shop, sql):
    psycopg2.extras.register_uuid()
    sql("CREATE TYPE mood AS ENUM ('sad', 'ok', 'Straße')")
    listed = ", ".join(f'"{name}" {kind}' for name, (kind, _, _) in POSTGRES.items())
    sql(f"CREATE TABLE t (id serial PRIMARY KEY, {listed})")
    rows = rows_of(POSTGRES)
    names = ", ".join(f'"{name}"' for name in POSTGRES)
    casts = ", ".join(f"CAST(%s AS {kind})" for kind, _, _ in POSTGRES.values())
    given = [tuple(map(parameter, row)) for row in rows]
    sql(f"INSERT INTO t ({names}) VALUES ({casts})", parameters=given)
    shop.plan("t", [column("id", "int"), *(column(name, kind) for name, (_, kind, _) in POSTGRES.items())])

    assert shop.run() == 0
    found = shop.rows("t")
    # What PostgreSQL itself says, as text where raw holds text and as Python values where it holds those.
    texts = [name for name, (_, kind, _) in POSTGRES.items() if kind == "string"]
    as_text = {"bytes": "encode(bytes, 'hex')", "padded": "padded"}
    _check(found, rows, texts)
    listed = ", ".join(as_text.get(name, f'"{name}"::text') for name in texts)
    said = sql("SET intervalstyle = 'iso_8601'", f"SELECT {listed} FROM t ORDER BY id")
    assert [tuple(row[name] for name in texts) for row in found] == said


def _check(found, rows, texts):
    names = list(POSTGRES)
    assert len(found) == len(rows)
    for row, wanted in zip(found, rows, strict=True):
        for name, value in zip(names, wanted, strict=True):
            if name not in texts:
                assert _same(row[name], value), (name, row[name], value)


def test_a_thousand_rows_of_every_type_of_mysql_come_back_exactly(mysql_shop, mysql):
    listed = ", ".join(f"`{name}` {kind} NULL" for name, (kind, _, _) in MYSQL.items())
    mysql(f"CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, {listed}) CHARSET utf8mb4")
    rows = rows_of(MYSQL)
    marks = ", ".join(["%s"] * len(MYSQL))
    given = [tuple(json.dumps(v) if isinstance(v, dict) else v for v in row) for row in rows]
    mysql(f"INSERT INTO t ({', '.join(f'`{n}`' for n in MYSQL)}) VALUES ({marks})", parameters=given)
    mysql_shop.plan("t", [column("id", "int"), *(column(name, kind) for name, (_, kind, _) in MYSQL.items())])

    assert mysql_shop.run() == 0
    found = mysql_shop.rows("t")
    assert len(found) == ROWS
    for row, wanted in zip(found, rows, strict=True):
        for name, value in zip(MYSQL, wanted, strict=True):
            assert _same(row[name], _as_mysql(name, value)), (name, row[name], value)


def _as_mysql(name, value):
    if value is None:
        return None
    if name == "bytes":
        return value.hex()
    if name == "document":
        return json.dumps(value)
    if name == "clock":
        sign = "-" if value < dt.timedelta() else ""
        seconds, micro = divmod(abs(value) // dt.timedelta(microseconds=1), 1_000_000)
        return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micro:06}"
    return value
