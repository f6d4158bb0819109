"""A run reads what is new since the one before, and the overlap before that: nothing is lost, none twice in a run."""

from __future__ import annotations

import psycopg2
import pytest

from jobs.extraction.postgres import snapshot
from tests.unit.jobs.extraction.shop import column

COLUMNS = [column("id", "bigint"), column("v", "int")]
MOMENT = "TIMESTAMPTZ '2026-01-05 10:00:00.5+00'"


def _plan(shop):
    shop.plan("t", [dict(one) for one in COLUMNS], watermark="changed_at", minutes=60)


def _run(shop, number, **options):
    assert shop.run(extraction=str(number), **options) == 0
    manifest = next(one for one in shop.manifests() if one["extraction"] == str(number))
    return manifest, [row["id"] for row in shop.rows("t", manifest)]


@pytest.fixture
def table(shop, sql):
    sql("CREATE TABLE t (id bigint PRIMARY KEY, v int, changed_at timestamptz NOT NULL)")
    sql(f"INSERT INTO t SELECT i, 0, {MOMENT} - interval '1 hour' * i FROM generate_series(0, 5) AS i")
    _plan(shop)


def test_the_first_run_reads_all_and_the_next_only_what_is_above_the_mark_less_the_overlap(shop, sql, table):
    first, ids = _run(shop, 1)
    assert ids == [0, 1, 2, 3, 4, 5]
    assert (first["tables"]["t"]["low"], first["tables"]["t"]["high"]) == (
        None,
        "2026-01-05T10:00:00.500000Z",
    )
    sql(f"INSERT INTO t VALUES (9, 0, {MOMENT} + interval '1 minute')")

    second, ids = _run(shop, 2, since={"t": "2026-01-05T10:00:00.500000Z"})
    assert ids == [0, 9]  # one hour before the mark is excluded, the mark itself is in the overlap
    assert second["tables"]["t"]["low"] == "2026-01-05T09:00:00.500000Z"
    assert second["tables"]["t"]["high"] == "2026-01-05T10:01:00.500000Z"


def test_a_row_that_commits_late_is_in_the_next_run(shop, sql, table):
    late = psycopg2.connect(host=shop.host, port=shop.port, user="postgres", dbname="postgres")
    late.cursor().execute(f"INSERT INTO {shop.schema}.t VALUES (77, 0, {MOMENT} - interval '59 minutes')")

    _, ids = _run(shop, 1)
    assert 77 not in ids
    late.commit()
    late.close()
    _, ids = _run(shop, 2, since={"t": "2026-01-05T10:00:00.500000Z"})
    assert ids == [0, 77]


def test_where_nothing_is_new_the_mark_stays(shop, sql, table):
    manifest, ids = _run(shop, 1, since={"t": "2027-01-01T00:00:00Z"})

    assert ids == []
    assert manifest["tables"]["t"]["high"] == "2027-01-01T00:00:00Z"


def test_a_row_without_a_mark_is_in_every_run(shop, sql, table):
    sql("ALTER TABLE t ALTER changed_at DROP NOT NULL", "INSERT INTO t VALUES (50, 0, NULL)")

    _, ids = _run(shop, 1, since={"t": "2026-01-05T12:00:00Z"})
    assert ids == [50]


def test_an_index_on_the_mark_is_used_and_the_rows_are_the_same(shop, sql, table):
    sql("CREATE INDEX ON t (changed_at)")

    _, ids = _run(shop, 1, since={"t": "2026-01-05T09:30:00Z"})
    assert ids == [0, 1]


def _asked(monkeypatch):
    """The statements that rows are copied by."""
    asked = []
    copied = snapshot.copied

    def listened(connection, sql, columns):
        asked.append(sql)
        return copied(connection, sql, columns)

    monkeypatch.setattr(snapshot, "copied", listened)
    return asked


@pytest.mark.parametrize(
    ("kind", "most", "high"),
    [
        ("timestamptz NOT NULL", "2026-03-05 23:00:00.000001-02", "2026-03-06T01:00:00.000001Z"),
        ("timestamp", "0044-03-15 12:00:00", "0044-03-15T12:00:00.000000Z"),
        ("date", "2026-03-05", "2026-03-05T00:00:00.000000Z"),
    ],
)
def test_where_an_index_knows_the_greatest_mark_no_row_is_asked_for_it(
    shop, sql, monkeypatch, kind, most, high
):
    monkeypatch.setattr(snapshot, "_RANGE_BLOCKS", 2)
    sql(f"CREATE TABLE t (id bigint PRIMARY KEY, v int, changed_at {kind})")
    sql(
        f"INSERT INTO t SELECT i, 0, '{most}'::{kind.split()[0]} - i * interval '1 day' FROM generate_series(0, 1999) AS i"
    )
    sql("CREATE INDEX ON t (changed_at)")
    _plan(shop)
    asked = _asked(monkeypatch)

    manifest, ids = _run(shop, 1)
    assert ids == list(range(2000))
    assert manifest["tables"]["t"]["high"] == high
    assert len(asked) > 3
    assert not any("changed_at" in statement for statement in asked[1:])

    manifest, ids = _run(shop, 2, since={"t": high})
    assert (ids, manifest["tables"]["t"]["high"]) == ([0], high)


def test_an_index_that_cannot_tell_the_greatest_mark_is_not_asked(shop, sql, table, monkeypatch):
    sql("CREATE INDEX ON t USING brin (changed_at)")
    asked = _asked(monkeypatch)

    manifest, _ = _run(shop, 1)
    assert manifest["tables"]["t"]["high"] == "2026-01-05T10:00:00.500000Z"
    assert not any("max(" in statement for statement in asked)


def test_with_an_index_the_mark_of_an_empty_table_is_none_and_stays_where_nothing_is_new(shop, sql, table):
    sql("CREATE INDEX ON t (changed_at)")
    manifest, ids = _run(shop, 1, since={"t": "2027-01-01T00:00:00Z"})
    assert (ids, manifest["tables"]["t"]["high"]) == ([], "2027-01-01T00:00:00Z")

    sql("TRUNCATE t")
    manifest, ids = _run(shop, 2)
    assert (ids, manifest["tables"]["t"]["high"]) == ([], None)


@pytest.mark.parametrize("value", ["infinity", "-infinity"])
def test_a_mark_that_an_index_tells_is_refused_when_it_is_infinite(shop, sql, table, capsys, value):
    sql("CREATE INDEX ON t (changed_at)", f"UPDATE t SET changed_at = '{value}'")

    assert shop.run() == 1
    assert "holds infinity" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER TABLE t RENAME changed_at TO changed", "watermark 'changed_at': there is none"),
        ("ALTER TABLE t ALTER changed_at TYPE text", "watermark 'changed_at': it is text; allowed"),
        ("UPDATE t SET changed_at = 'infinity' WHERE id = 1", "holds infinity"),
    ],
)
def test_a_mark_that_cannot_be_compared_is_refused(shop, sql, table, capsys, change, said):
    sql(change)

    assert shop.run() == 1
    assert said in capsys.readouterr().err


def test_a_mark_that_is_nothing_but_infinity_below_is_refused(shop, sql, table, capsys):
    sql("UPDATE t SET changed_at = '-infinity'")

    assert shop.run() == 1
    assert "holds infinity" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "most", "high"),
    [
        ("timestamptz", "2026-03-05 23:00:00.000001-02", "2026-03-06T01:00:00.000001Z"),
        ("timestamp", "1999-12-31 23:59:59.999999", "1999-12-31T23:59:59.999999Z"),
        ("timestamp", "0044-03-15 12:00:00", "0044-03-15T12:00:00.000000Z"),
        ("date", "2026-03-05", "2026-03-05T00:00:00.000000Z"),
    ],
)
@pytest.mark.parametrize("row", [1, 1000, 2000])
def test_the_mark_is_the_greatest_of_all_ranges_wherever_it_stands(
    shop, sql, monkeypatch, kind, most, high, row
):
    monkeypatch.setattr(snapshot, "_RANGE_BLOCKS", 2)
    sql(f"CREATE TABLE t (id bigint PRIMARY KEY, v int, changed_at {kind})")
    below = f"CASE WHEN i % 7 > 0 THEN '{most}'::{kind} - (i % 3 + 1) * interval '1 day' END"
    mark = f"CASE WHEN i = {row} THEN '{most}'::{kind} ELSE {below} END"
    sql(f"INSERT INTO t SELECT i, 0, {mark} FROM generate_series(1, 2000) AS i ORDER BY i")
    _plan(shop)

    manifest, ids = _run(shop, 1)
    assert len(ids) == 2000
    assert manifest["tables"]["t"]["high"] == high


def test_mysql_reads_the_same_way(mysql_shop, mysql):
    mysql(
        "CREATE TABLE t (id bigint PRIMARY KEY, v int, changed_at datetime(6))",
        "INSERT INTO t VALUES (1, 0, '2026-01-05 08:59:59'), (2, 0, '2026-01-05 09:00:01'), (3, 0, '2026-01-05 10:00:00.5'), (4, 0, NULL)",
    )
    _plan(mysql_shop)

    manifest, ids = _run(mysql_shop, 1, since={"t": "2026-01-05T10:00:00Z"})
    assert ids == [2, 3, 4]
    assert manifest["tables"]["t"]["high"] == "2026-01-05T10:00:00.500000Z"
