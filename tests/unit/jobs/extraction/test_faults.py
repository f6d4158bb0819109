"""Whatever breaks, raw shows a whole extraction or none, and the next call brings it."""

from __future__ import annotations

import signal
import subprocess
import time

import pytest

from jobs.extraction import upload
from tests.unit.jobs.extraction.fault_proxy import FaultProxy
from tests.unit.jobs.extraction.shop import column
from tests.waiting import until

ROWS = 200_000
ROWS_OF_MANY_PARTS = 400_000


@pytest.fixture
def proxy(lake):
    made = FaultProxy(lake.endpoint)
    yield made
    made.close()


def _numbers(shop, sql, rows=ROWS):
    sql("CREATE TABLE numbers (id bigint PRIMARY KEY, filler text)")
    sql(
        f"INSERT INTO numbers SELECT i, md5(i::text) || md5((i + 1)::text) FROM generate_series(1, {rows}) AS i"
    )
    shop.plan("numbers", [column("id", "bigint"), column("filler")])


def _slow(shop):
    shop.environment["SOURCE_ROWS_PER_SECOND"] = "25000"


def _reading(sql):
    """Wait until the job copies rows."""
    copies = "application_name = 'dp-extractor' AND query LIKE 'COPY%' AND state = 'active'"
    until(lambda: sql(f"SELECT 1 FROM pg_stat_activity WHERE {copies}"))
    time.sleep(0.3)


def _whole(shop, sql):
    """The repeated call brings every row."""
    shop.environment.pop("SOURCE_ROWS_PER_SECOND", None)
    assert shop.run(extraction="one") == 0
    assert shop.table("numbers").sort_by("id").column("filler").to_pylist() == [
        row[0] for row in sql("SELECT filler FROM numbers ORDER BY id")
    ]


def test_killed_in_the_middle_of_a_table_nothing_is_visible_and_the_next_call_brings_it(shop, sql):
    _numbers(shop, sql)
    _slow(shop)

    process = shop.start(extraction="one")
    _reading(sql)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert shop.aws.objects("_extractions/") == []
    _whole(shop, sql)


def test_a_database_that_restarts_meanwhile_ends_the_call_with_3(shop, sql, postgres_server):
    _numbers(shop, sql)
    _slow(shop)

    process = shop.start(extraction="one")
    _reading(sql)
    postgres_server.restart()
    assert process.wait(60) == 3
    said = process.stderr.read()
    assert "terminating connection" in said or "connection was lost" in said
    assert "may be repeated" in said
    assert shop.aws.objects("_extractions/") == []
    _whole(shop, sql)


def test_throttling_and_errors_of_s3_are_outlasted(shop, sql, proxy, monkeypatch):
    monkeypatch.setattr(upload, "PART", 5 << 20)
    _numbers(shop, sql, rows=ROWS_OF_MANY_PARTS)
    shop.environment |= {"AWS_ENDPOINT_URL": proxy.url}
    codes = [(503, "SlowDown"), (500, "InternalError"), None, None, None]
    calls = {"number": -1}

    def fails(method, _path):
        if method not in ("PUT", "POST"):
            return None
        calls["number"] += 1
        return codes[calls["number"] % len(codes)]

    proxy.fails = fails
    assert shop.run(extraction="one") == 0
    assert proxy.failed > 3
    shop.environment.pop("AWS_ENDPOINT_URL")
    _whole(shop, sql)


def test_an_s3_that_stays_away_ends_the_call_with_3_and_its_upload_is_aborted(shop, sql, proxy, monkeypatch):
    monkeypatch.setattr(upload, "PART", 5 << 20)
    _numbers(shop, sql, rows=ROWS_OF_MANY_PARTS)
    shop.environment |= {"AWS_ENDPOINT_URL": proxy.url}
    proxy.fails = lambda method, path: (
        (503, "SlowDown") if method == "PUT" and "partNumber=2" in path else None
    )
    monkeypatch.setattr("jobs.extraction.__main__.ATTEMPTS", 2)

    assert shop.run(extraction="one") == 3
    assert shop.aws.objects() == []
    assert "Uploads" not in shop.aws.clients["s3"].list_multipart_uploads(Bucket=shop.aws.raw)
    shop.environment.pop("AWS_ENDPOINT_URL")
    _whole(shop, sql)


def test_expired_credentials_end_the_call_with_3_and_the_reason(shop, sql, proxy, capsys):
    _numbers(shop, sql, rows=1000)
    shop.environment |= {"AWS_ENDPOINT_URL": proxy.url}
    proxy.fails = lambda method, path: (400, "ExpiredToken") if method == "PUT" else None

    assert shop.run(extraction="one") == 3
    assert "ExpiredToken" in capsys.readouterr().err
    shop.environment.pop("AWS_ENDPOINT_URL")
    _whole(shop, sql)


def test_a_column_renamed_between_runs_is_refused_and_one_added_is_not_read(shop, sql, capsys):
    _numbers(shop, sql, rows=100)

    sql("ALTER TABLE numbers ADD COLUMN passport text")
    assert shop.run(extraction="one") == 0
    sql("ALTER TABLE numbers RENAME COLUMN filler TO fillers")
    assert shop.run(extraction="two") == 1
    assert "column 'filler' is missing; did you mean 'fillers'?" in capsys.readouterr().err
    (manifest,) = shop.manifests()
    assert shop.table("numbers", manifest).column_names == ["id", "filler"]


def test_a_database_that_does_not_answer_ends_the_call_with_3(shop, sql, capsys):
    _numbers(shop, sql, rows=1)
    shop.port = 1

    assert shop.run() == 3
    assert "does not answer" in capsys.readouterr().err


def test_a_statement_over_its_time_ends_the_call_with_3(shop, sql, capsys):
    sql("CREATE VIEW slow AS SELECT 1::bigint AS id FROM pg_sleep(5)")
    shop.plan("slow", [column("id", "bigint")])
    shop.environment["SOURCE_STATEMENT_SECONDS"] = "1"

    assert shop.run() == 3
    assert "statement timeout" in capsys.readouterr().err


def test_who_may_not_read_the_table_is_told(shop, sql, capsys):
    _numbers(shop, sql, rows=1)
    sql("REVOKE SELECT ON numbers FROM extractor")

    assert shop.run() == 1
    assert "permission denied for table numbers" in capsys.readouterr().err


def test_two_hundred_megabytes_in_one_value_are_kept(shop, sql):
    sql("CREATE TABLE big (id bigint PRIMARY KEY, content bytea, note text)")
    sql("ALTER TABLE big ALTER content SET STORAGE EXTERNAL")
    sql("INSERT INTO big SELECT 1, decode(repeat('00ff41', 70000000), 'hex'), 'a'")
    sql(
        "INSERT INTO big SELECT i, decode(repeat('41', i::int), 'hex'), repeat('é', 10000) FROM generate_series(2, 300) AS i"
    )
    shop.plan("big", [column("id", "bigint"), column("content"), column("note")])

    ended = subprocess.Popen.wait(shop.start(extraction="one"), 300)
    assert ended == 0
    table = shop.table("big").sort_by("id")
    assert table.num_rows == 300
    first = table.column("content")[0].as_buffer().to_pybytes()
    assert first == b"00ff41" * 70_000_000
    assert table.column("content")[299].as_py() == "41" * 300
    assert set(table.column("note").to_pylist()) == {"a", "é" * 10_000}


def test_rows_of_a_thousand_columns_come_back(shop, sql):
    names = [f"c{number}" for number in range(999)]
    sql(f"CREATE TABLE wide (id bigint PRIMARY KEY, {', '.join(f'{name} text' for name in names)})")
    values = ", ".join(f"md5((i + {number})::text)" if number % 3 else "NULL" for number in range(100))
    sql(
        f"INSERT INTO wide (id, {', '.join(names[:100])}) SELECT i, {values} FROM generate_series(1, 500) AS i"
    )
    shop.plan("wide", [column("id", "bigint"), *map(column, names)])

    assert shop.run() == 0
    found = shop.rows("wide")
    assert [tuple(row.values()) for row in found] == sql("SELECT * FROM wide ORDER BY id")
