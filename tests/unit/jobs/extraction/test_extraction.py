"""An extraction from PostgreSQL: what is committed is what the tables held, or nothing is."""

from __future__ import annotations

import hashlib
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.extraction import __main__ as job
from tests.unit.jobs.extraction.shop import DAY, KEYS, column

MARK = "2026-01-05T10:00:00.000000Z"


def _people(shop, sql, count=10):
    sql(
        "CREATE TABLE people (id bigint PRIMARY KEY, email text, born date, secret text)",
        f"INSERT INTO people SELECT i, 'user' || i || '@example.com', DATE '1980-06-01' + i, 'x' FROM generate_series(1, {count}) AS i",
    )
    shop.plan("people", [column("id", "bigint"), column("email", masking="tokenize"), column("born", "date")])


def test_rows_are_in_raw_as_the_table_has_them_and_the_manifest_counts_them(shop, sql):
    _people(shop, sql)

    assert shop.run() == 0
    (manifest,) = shop.manifests()
    table = manifest["tables"]["people"]
    (file,) = table["files"]
    assert manifest["engine"] == "postgres"
    assert manifest["snapshot"]
    assert table["rows"] == file["rows"] == 10
    assert table["prefix"].startswith(f"people/source=shop/ingest_date={DAY}/run_id=")
    assert file["key"] == table["prefix"] + "part-00000.parquet"
    body = shop.aws.body(file["key"])
    assert (file["bytes"], file["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
    assert table["sha256"] == hashlib.sha256(file["sha256"].encode()).hexdigest()
    rows = shop.rows("people")
    assert [row["id"] for row in rows] == list(range(1, 11))
    assert rows[0]["email"] == KEYS.token("user1@example.com")


def test_a_column_that_the_contract_does_not_know_is_not_read(shop, sql):
    _people(shop, sql)

    assert shop.run() == 0
    assert shop.table("people").column_names == ["id", "email", "born"]


def test_files_are_zstd_with_the_types_of_the_raw_table(shop, sql):
    sql(
        "CREATE TABLE t (id int PRIMARY KEY, n numeric(12,2), b bool, d date, m timestamptz, f real, s text)",
        "INSERT INTO t VALUES (1, 1.5, true, '2026-01-05', '2026-01-05 10:00+10', 0.1, 'é')",
    )
    wanted = {
        "n": "decimal(12,2)",
        "b": "boolean",
        "d": "date",
        "m": "timestamp",
        "f": "float",
        "s": "string",
    }
    shop.plan("t", [column("id", "int"), *(column(name, kind) for name, kind in wanted.items())])

    assert shop.run() == 0
    (manifest,) = shop.manifests()
    parquet = pq.ParquetFile(pa.BufferReader(shop.aws.body(manifest["tables"]["t"]["files"][0]["key"])))
    assert parquet.metadata.row_group(0).column(1).compression == "ZSTD"
    assert [str(kind) for kind in parquet.schema_arrow.types] == [
        "int32", "decimal128(12, 2)", "bool", "date32[day]", "timestamp[us]", "float", "string",
    ]  # fmt: skip
    assert str(parquet.read().column("m")[0]) == "2026-01-05 00:00:00"


def test_an_empty_table_is_committed_with_no_rows(shop, sql):
    _people(shop, sql, count=0)

    assert shop.run() == 0
    assert shop.manifests()[0]["tables"]["people"]["rows"] == 0
    assert shop.table("people").num_rows == 0


def test_the_same_extraction_is_found_committed(shop, sql, capsys):
    _people(shop, sql)

    assert shop.run(extraction="one") == 0
    first = shop.aws.objects()
    sql("DELETE FROM people")
    assert shop.run(extraction="one") == 0
    assert shop.aws.objects() == first
    said = capsys.readouterr().out.splitlines()
    assert said == [f"_extractions/source=shop/ingest_date={DAY}/one.json"] * 2


def test_two_at_once_commit_one(shop, sql):
    _people(shop, sql, count=50_000)

    both = [shop.start(extraction="one") for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert len(shop.manifests()) == 1
    assert shop.table("people").num_rows == 50_000


def test_tables_are_of_one_moment_while_the_shop_writes(shop, sql):
    sql("CREATE TABLE a (id bigint PRIMARY KEY)", "CREATE TABLE b (id bigint PRIMARY KEY)")
    for name in ("a", "b"):
        sql(f"INSERT INTO {name} SELECT generate_series(1, 60000)")
        shop.plan(name, [column("id", "bigint")])
    ended = threading.Event()

    def write():
        number = 100_000
        while not ended.is_set():
            number += 1
            sql(f"BEGIN; INSERT INTO b VALUES ({number}); INSERT INTO a VALUES ({number}); COMMIT")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert shop.run() == 0
    finally:
        ended.set()
        writer.join()
    assert shop.table("a").sort_by("id").equals(shop.table("b").sort_by("id"))


def test_every_row_comes_once_when_several_connections_share_the_blocks(shop, sql):
    sql("CREATE TABLE wide (id bigint PRIMARY KEY, filler text)")
    sql("INSERT INTO wide SELECT i, repeat(md5(i::text), 40) FROM generate_series(1, 80000) AS i")
    sql("ALTER TABLE wide ALTER filler SET STORAGE PLAIN", "DELETE FROM wide WHERE id % 7 = 0", "VACUUM wide")
    shop.plan("wide", [column("id", "bigint")])

    assert sql(f"SELECT pg_relation_size('{shop.schema}.wide') / 8192")[0][0] > 8192
    assert shop.run(workers=3) == 0
    assert shop.table("wide").sort_by("id").column("id").to_pylist() == [i for i in range(1, 80_001) if i % 7]


def test_partitions_and_views_are_read_like_tables(shop, sql):
    sql(
        "CREATE TABLE parted (id bigint, day date) PARTITION BY RANGE (day)",
        "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
        "CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
        "INSERT INTO parted SELECT i, DATE '2026-01-01' + i % 59 FROM generate_series(0, 999) AS i",
        "CREATE VIEW seen AS SELECT * FROM parted WHERE id < 10",
    )
    for name in ("parted", "seen"):
        shop.plan(name, [column("id", "bigint"), column("day", "date")])

    assert shop.run() == 0
    assert [shop.table(name).num_rows for name in ("parted", "seen")] == [1000, 10]


def test_the_limit_of_rows_a_second_is_kept(shop, sql):
    _people(shop, sql, count=3000)
    shop.environment["SOURCE_ROWS_PER_SECOND"] = "2000"
    began = threading.Event()
    timer = threading.Timer(1.4, began.set)
    timer.start()

    assert shop.run() == 0
    assert began.is_set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--date", "2026-13-01"], "is no day"),
        (["--since", "people=yesterday"], "no dataset and moment"),
        (["--extraction", "a/b"], "is no id"),
        (["--plan", "plan.json"], "is no object"),
        (["--workers", "0"], "is no number"),
    ],
)
def test_a_wrong_call_is_told_before_anything_is_read(capsys, arguments, said):
    given = ["--plan", "s3://plans/p.json", "--date", DAY, "--extraction", "one"]

    with pytest.raises(SystemExit) as ended:
        job.main([*given, *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_missing_settings_are_named_all_at_once(shop, sql, capsys):
    _people(shop, sql)
    shop.environment |= {"SOURCE_ENGINE": "oracle", "SOURCE_PORT": "many", "SOURCE_USER": ""}

    assert shop.run() == 2
    said = capsys.readouterr().err
    assert "SOURCE_ENGINE 'oracle' is not allowed; allowed: postgres, mysql" in said
    assert "SOURCE_PORT 'many'" in said
    assert "SOURCE_USER is missing" in said


def test_since_of_a_dataset_that_is_not_read_is_told(shop, sql, capsys):
    _people(shop, sql)

    assert shop.run(since={"poeple": MARK}) == 2
    assert "did you mean 'people'?" in capsys.readouterr().err
