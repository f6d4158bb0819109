"""MERGE, UPDATE and DELETE on Iceberg tables."""

from __future__ import annotations

import threading

import pytest


@pytest.fixture
def planes(athena):
    athena.iceberg("planes", "id int, name string, seats bigint, built date", partitioned="built")
    athena.run(
        "INSERT INTO planes VALUES (1,'a',10,date '2013-01-01'), (2,'b',20,date '2013-01-02'), (3,'c',30,date '2013-01-03')"
    )
    return athena


def _data_files(athena):
    return {row[0] for row in athena.rows('SELECT file_path FROM "planes$files"')}


def test_a_merge_updates_inserts_and_deletes_in_one_snapshot(planes):
    merged = planes.run("""
        MERGE INTO planes AS t
        USING (SELECT * FROM (VALUES (1,'new',true), (2,'gone',false), (9,'nine',true)) AS v (id, name, kept)) AS s
        ON t.id = s.id
        WHEN MATCHED AND NOT s.kept THEN DELETE
        WHEN MATCHED THEN UPDATE SET name = s.name, seats = t.seats + 1
        WHEN NOT MATCHED AND s.kept THEN INSERT (id, name, built) VALUES (s.id, s.name, DATE '2013-02-01')
    """)
    assert merged.count == 3
    assert planes.rows("SELECT * FROM planes ORDER BY id") == [
        ["1", "new", "11", "2013-01-01"],
        ["3", "c", "30", "2013-01-03"],
        ["9", "nine", None, "2013-02-01"],
    ]
    assert planes.rows('SELECT count(*) FROM "planes$snapshots"') == [["2"]]


def test_the_first_clause_whose_condition_holds_decides(planes):
    planes.run("""
        MERGE INTO planes t USING (SELECT 1 AS id) s ON t.id = s.id
        WHEN MATCHED AND t.seats > 5 THEN UPDATE SET name = 'first'
        WHEN MATCHED THEN UPDATE SET name = 'second'
    """)
    assert planes.rows("SELECT name FROM planes WHERE id = 1") == [["first"]]


def test_a_merge_into_an_empty_table_inserts(athena):
    athena.iceberg("fresh", "id int, name string")
    sql = "MERGE INTO fresh t USING (SELECT 1 AS id, 'x' AS name) s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.name)"
    assert athena.run(sql).count == 1
    assert athena.run(sql).count == 0
    assert athena.rows("SELECT * FROM fresh") == [["1", "x"]]


def test_a_merge_from_an_empty_source_changes_nothing(planes):
    before = planes.rows('SELECT count(*) FROM "planes$snapshots"')
    sql = "MERGE INTO planes t USING (SELECT 1 AS id WHERE 1 = 0) s ON t.id = s.id WHEN MATCHED THEN DELETE"
    assert planes.run(sql).count == 0
    assert planes.rows('SELECT count(*) FROM "planes$snapshots"') == before


def test_a_target_row_that_matches_two_source_rows_fails_as_in_trino(planes):
    reason = planes.fails("""
        MERGE INTO planes t USING (VALUES (1, 'x'), (1, 'y')) AS s (id, name) ON t.id = s.id
        WHEN MATCHED THEN UPDATE SET name = s.name
    """)
    assert reason == (
        "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row"
    )
    assert planes.rows("SELECT name FROM planes WHERE id = 1") == [["a"]]


def test_only_data_files_with_changed_rows_are_rewritten(planes):
    before = _data_files(planes)
    planes.run("UPDATE planes SET seats = 99 WHERE id = 2")
    after = _data_files(planes)
    assert len(before & after) == 2
    assert planes.rows("SELECT seats FROM planes ORDER BY id") == [["10"], ["99"], ["30"]]


def test_a_delete_of_whole_files_writes_none(planes):
    before = _data_files(planes)
    assert planes.run("DELETE FROM planes WHERE built = DATE '2013-01-02'").count == 1
    assert _data_files(planes) < before


def test_rows_of_a_touched_file_that_do_not_change_stay(athena):
    athena.iceberg("t", "id int, name string")
    athena.run("INSERT INTO t VALUES (1,'a'), (2,'b'), (3,null)")
    athena.run("DELETE FROM t WHERE id = 2")
    assert athena.rows("SELECT * FROM t ORDER BY id") == [["1", "a"], ["3", None]]


def test_a_delete_keeps_rows_for_which_the_condition_is_unknown(athena):
    athena.iceberg("t", "id int, name string")
    athena.run("INSERT INTO t VALUES (1,'a'), (2,null)")
    assert athena.run("DELETE FROM t WHERE name = 'a'").count == 1
    assert athena.rows("SELECT * FROM t") == [["2", None]]


def test_types_survive_a_merge_exactly(athena):
    athena.iceberg(
        "exact",
        "i int, l bigint, d double, f float, n decimal(12,3), day date, ts timestamp, s string, b boolean, a array<int>",
    )
    values = "1, 2, 0.1e0, 0.5, 1.250, date '2013-01-01', timestamp '2013-01-01 01:02:03.123456', 'x', true, array[1,2]"
    athena.run(f"INSERT INTO exact VALUES ({values})")
    athena.run(
        "MERGE INTO exact t USING (SELECT 1 AS i) s ON t.i = s.i WHEN MATCHED THEN UPDATE SET s = 'y', n = 2"
    )
    answer = athena.run("SELECT * FROM exact")
    assert answer.types == [
        "integer", "bigint", "double", "float", "decimal", "date", "timestamp", "varchar", "boolean", "array",
    ]  # fmt: skip
    assert answer.rows == [
        ["1", "2", "0.1", "0.5", "2.000", "2013-01-01", "2013-01-01 01:02:03.123456", "y", "true", "[1, 2]"]
    ]


def test_the_merge_source_may_be_a_join_of_the_target_itself(planes):
    planes.run("""
        MERGE INTO planes t
        USING (
            WITH fresh AS (SELECT 1 AS id, 'z' AS name)
            SELECT coalesce(f.id, o.id) AS id, f.name, f.id IS NULL AS gone
            FROM fresh f FULL OUTER JOIN (SELECT id FROM planes WHERE id <= 2) o ON f.id = o.id
        ) s
        ON t.id = s.id
        WHEN MATCHED AND s.gone THEN DELETE
        WHEN MATCHED THEN UPDATE SET name = s.name
    """)
    assert planes.rows("SELECT id, name FROM planes ORDER BY id") == [["1", "z"], ["3", "c"]]


def test_hive_rows_cannot_be_changed(athena):
    athena.run(f"CREATE TABLE h WITH (external_location='{athena.place('h')}') AS SELECT 1 AS a")
    assert athena.fails("DELETE FROM h").startswith("NOT_SUPPORTED: Modifying Hive table rows")


def test_concurrent_changes_are_all_applied(athena):
    athena.iceberg("counter", "id int, n int")
    athena.run("INSERT INTO counter VALUES (1, 0)")
    threads = [
        threading.Thread(target=athena.run, args=("UPDATE counter SET n = n + 1 WHERE id = 1",))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert athena.rows("SELECT n FROM counter") == [["4"]]


def test_an_unknown_column_in_a_merge_is_named(planes):
    sql = "MERGE INTO planes t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET nope = 1"
    assert planes.fails(sql) == "COLUMN_NOT_FOUND: line 1:1: The target table has no column 'nope'"
