"""The statements that analysts, dbt and awswrangler send, one fact each."""

from __future__ import annotations

import pyarrow as pa
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def hive(athena):
    athena.run(f"""
        CREATE TABLE h WITH (format='PARQUET', partitioned_by=ARRAY['d'], external_location='{athena.place("h")}')
        AS SELECT * FROM (VALUES (1, 'a', DATE '2013-01-01'), (2, 'b', DATE '2013-01-02')) AS v (id, name, d)
    """)
    return athena


@pytest.fixture
def ice(athena):
    athena.run(f"""
        CREATE TABLE ice WITH (table_type='ICEBERG', is_external=false, location='{athena.place("ice")}',
          partitioning=ARRAY['month(d)']) AS
        SELECT * FROM (VALUES (1, 'a', DATE '2013-01-01'), (2, 'b', DATE '2013-02-02')) AS v (id, name, d)
    """)
    return athena


def test_values_are_spelled_as_athena_spells_them(athena):
    answer = athena.run("""
        SELECT 1, true AS b, 1e7, 0.1e0, DECIMAL '1.50' AS n, DATE '2013-01-01' AS d, TIMESTAMP '2013-01-01 10:00:00' AS t,
          ARRAY[1, NULL], MAP(ARRAY['a'], ARRAY[1]), CAST(ROW(1, 'x') AS ROW(i INTEGER, s VARCHAR)), to_utf8('hi'), NULL,
          from_iso8601_timestamp('2013-01-01T00:00:00Z') AS z
    """)
    assert answer.rows == [
        ["1", "true", "1.0E7", "0.1", "1.50", "2013-01-01", "2013-01-01 10:00:00.000", "[1, null]", "{a=1}",
         "{i=1, s=x}", "68 69", None, "2013-01-01 00:00:00.000 UTC"],
    ]  # fmt: skip
    assert answer.columns[0] == "_col0"
    assert answer.columns[7] == "_col7"
    assert answer.types == [
        "integer", "boolean", "double", "double", "decimal", "date", "timestamp", "array", "map", "row", "varbinary",
        "unknown", "timestamp with time zone",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("7 / 2", "3"),
        ("date_add('day', 1, DATE '2013-01-31')", "2013-02-01"),
        ("DATE '2013-01-31' + INTERVAL '1' MONTH", "2013-02-28"),
        ("date_trunc('month', DATE '2013-01-31')", "2013-01-01"),
        ("date_diff('hour', TIMESTAMP '2013-01-01 00:30:00', TIMESTAMP '2013-01-01 02:00:00')", "1"),
        ("date_format(TIMESTAMP '2013-01-02 03:04:05', '%Y-%m-%d %H:%i:%s')", "2013-01-02 03:04:05"),
        ("date_parse('2013-01-02', '%Y-%m-%d')", "2013-01-02 00:00:00.000"),
        ("try_cast('x' AS integer)", None),
        ("json_extract_scalar('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]')", "2"),
        ("regexp_like('abc', '^a')", "true"),
        ("regexp_extract('abc', '[0-9]+')", None),
        ("regexp_replace('a1', '([a-z])([0-9])', '$2$1')", "1a"),
        ("array_join(ARRAY[1, 2], '-')", "1-2"),
        ("cardinality(filter(ARRAY[1, 2, 3], x -> x > 1))", "2"),
        ("cardinality(MAP(ARRAY['a'], ARRAY[1]))", "1"),
        ("element_at(ARRAY[1, 2], 5)", None),
        ("reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s * 10)", "60"),
        ("any_match(ARRAY[1, 2], x -> x = 2)", "true"),
        ("zip_with(ARRAY[1, 2], ARRAY[3, 4], (x, y) -> x * y)", "[3, 8]"),
        ("transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> v + 1)", "{a=2}"),
        (
            "lower(to_hex(sha256(to_utf8('a'))))",
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        ),
        ("lower(to_hex(md5(to_utf8('a'))))", "0cc175b9c0f1b6a831c399e269772661"),
        (
            "at_timezone(from_iso8601_timestamp('2013-07-01T00:00:00Z'), 'Australia/Melbourne')",
            "2013-07-01 10:00:00.000000",
        ),
        ("concat('a', NULL)", None),
        ("greatest(1, NULL)", None),
        ("typeof(1)", "integer"),
        ("if(1 > 2, 'y', 'n')", "n"),
        ("to_iso8601(DATE '2013-01-01')", "2013-01-01"),
        ("day_of_week(DATE '2013-01-06')", "7"),
        ("cast(current_date AS varchar) = date_format(now(), '%Y-%m-%d')", "true"),
        ("sequence(DATE '2013-01-01', DATE '2013-01-02')", "[2013-01-01, 2013-01-02]"),
    ],
)
def test_functions_mean_what_they_mean_in_trino(athena, expression, expected):
    assert athena.rows(f"SELECT {expression}") == [[expected]]


def test_aggregates_of_trino(athena):
    source = "(VALUES (1, 'a', 1.0), (2, 'b', 3.0), (3, 'a', 5.0)) AS t (id, k, x)"
    sql = f"""
        SELECT count_if(id > 1), max_by(k, id), min_by(k, x), approx_percentile(x, 0.5), approx_distinct(k),
          array_agg(k ORDER BY id), map_agg(id, k), bool_and(id > 0), listagg(k, ',') WITHIN GROUP (ORDER BY id), sum(id)
        FROM {source}
    """
    assert athena.rows(sql) == [
        ["2", "a", "a", "3.0", "2", "[a, b, a]", "{1=a, 2=b, 3=a}", "true", "a,b,a", "6"]
    ]
    assert athena.run(f"SELECT sum(id), count(*) FROM {source}").types == ["bigint", "bigint"]


def test_unnest_with_ordinality(athena):
    assert athena.rows("SELECT x, n FROM UNNEST(ARRAY['a','b']) WITH ORDINALITY AS u (x, n)") == [
        ["a", "1"],
        ["b", "2"],
    ]
    assert athena.rows(
        "SELECT k, x FROM (VALUES ('p', ARRAY[1,2])) t (k, xs) CROSS JOIN UNNEST(xs) AS u (x)"
    ) == [
        ["p", "1"],
        ["p", "2"],
    ]


def test_ctas_writes_one_directory_a_partition_and_registers_it(hive):
    assert hive.rows("SHOW PARTITIONS h") == [["d=2013-01-01"], ["d=2013-01-02"]]
    assert hive.rows("SELECT * FROM h ORDER BY id") == [["1", "a", "2013-01-01"], ["2", "b", "2013-01-02"]]


def test_an_insert_into_a_hive_table_registers_its_new_partition(hive):
    assert hive.run("INSERT INTO h VALUES (3, 'c', DATE '2013-01-03')").count == 1
    assert hive.rows("SHOW PARTITIONS h")[-1] == ["d=2013-01-03"]
    assert hive.rows("SELECT name FROM h WHERE d = DATE '2013-01-03'") == [["c"]]


@pytest.mark.parametrize("file_format", ["PARQUET", "TEXTFILE", "JSON", "ORC"])
def test_ctas_reads_back_what_it_wrote_in_every_format(athena, file_format):
    athena.run(f"""
        CREATE TABLE f WITH (format='{file_format}', external_location='{athena.place("f")}') AS
        SELECT 1 AS i, 'x' AS s, 1.5e0 AS d, DATE '2013-01-01' AS day, CAST(NULL AS varchar) AS n, DECIMAL '1.25' AS m
    """)
    assert athena.rows("SELECT * FROM f") == [["1", "x", "1.5", "2013-01-01", None, "1.25"]]


def test_ctas_with_no_data_makes_an_empty_table(athena):
    athena.run(f"CREATE TABLE e WITH (external_location='{athena.place('e')}') AS SELECT 1 AS a WITH NO DATA")
    assert athena.rows("SELECT count(*) FROM e") == [["0"]]


def test_ctas_into_a_used_directory_is_refused(hive):
    sql = f"CREATE TABLE h2 WITH (external_location='{hive.place('h')}') AS SELECT 1 AS a"
    assert hive.fails(sql).startswith("HIVE_PATH_ALREADY_EXISTS")


def test_iceberg_ctas_keeps_types_and_partitioning(ice):
    assert ice.rows("SELECT * FROM ice ORDER BY id") == [["1", "a", "2013-01-01"], ["2", "b", "2013-02-02"]]
    assert ice.rows('SELECT record_count FROM "ice$partitions" ORDER BY 1') == [["1"], ["1"]]


def test_iceberg_wants_timestamps_of_six_digits(athena):
    sql = f"CREATE TABLE x WITH (table_type='ICEBERG', is_external=false, location='{athena.place('x')}') AS SELECT {{}} AS t"
    assert athena.fails(sql.format("TIMESTAMP '2013-01-01 00:00:00'")) == (
        'NOT_SUPPORTED: Timestamp precision (3) not supported for Iceberg. Use "timestamp(6)" instead.'
    )
    athena.run(sql.format("CAST(TIMESTAMP '2013-01-01 00:00:00' AS timestamp(6))"))
    assert athena.rows("SELECT * FROM x") == [["2013-01-01 00:00:00.000000"]]


def test_time_travel_reads_an_old_snapshot(ice):
    first = ice.rows('SELECT snapshot_id FROM "ice$snapshots"')[0][0]
    ice.run("DELETE FROM ice WHERE id = 1")
    assert ice.rows("SELECT count(*) FROM ice") == [["1"]]
    assert ice.rows(f"SELECT count(*) FROM ice FOR VERSION AS OF {first}") == [["2"]]
    assert ice.rows("SELECT count(*) FROM ice FOR TIMESTAMP AS OF current_timestamp") == [["1"]]
    assert ice.fails("SELECT 1 FROM ice FOR VERSION AS OF 1").startswith(
        "INVALID_ARGUMENTS: Iceberg snapshot ID"
    )


def test_an_added_iceberg_column_is_null_in_old_rows(ice):
    ice.run("ALTER TABLE ice ADD COLUMNS (extra double)")
    ice.run("INSERT INTO ice (id, extra) VALUES (3, 0.5e0)")
    assert ice.rows("SELECT id, extra FROM ice ORDER BY id") == [["1", None], ["2", None], ["3", "0.5"]]


def test_optimize_merges_small_files_and_vacuum_forgets_old_snapshots(ice):
    for number in (5, 6):
        ice.run(f"INSERT INTO ice VALUES ({number}, 'x', DATE '2013-01-05')")
    ice.run("OPTIMIZE ice REWRITE DATA USING BIN_PACK")
    assert ice.rows('SELECT count(*) FROM "ice$files"') == [["2"]]
    ice.run("ALTER TABLE ice SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0')")
    ice.run("VACUUM ice")
    assert ice.rows('SELECT count(*) FROM "ice$snapshots"') == [["1"]]
    assert ice.rows("SELECT count(*) FROM ice") == [["4"]]


def test_a_view_is_stored_in_athenas_format_and_expanded(hive):
    hive.run("CREATE OR REPLACE VIEW v AS SELECT id, upper(name) AS n FROM h WHERE id > 1")
    assert hive.rows("SELECT * FROM v") == [["2", "B"]]
    entry = hive.client("glue").get_table(DatabaseName=hive.database, Name="v")["Table"]
    assert entry["TableType"] == "VIRTUAL_VIEW"
    assert entry["ViewOriginalText"].startswith("/* Presto View: ")
    assert hive.rows("SHOW VIEWS") == [["v"]]
    hive.run("DROP VIEW v")
    assert hive.fails("SELECT * FROM v").startswith("TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.")


def test_show_and_describe(hive):
    assert hive.rows("SHOW TABLES 'h*'") == [["h"]]
    assert hive.rows("SHOW TABLES LIKE 'x*'") == []
    assert [hive.database] in hive.rows("SHOW DATABASES")
    assert hive.rows("SHOW COLUMNS IN h")[0][0].strip() == "id"
    described = [row[0].split("\t")[:2] for row in hive.rows("DESCRIBE h")]
    assert [part.strip() for part in described[0]] == ["id", "int"]
    assert "CREATE EXTERNAL TABLE" in hive.rows("SHOW CREATE TABLE h")[0][0]


def test_msck_and_add_partition_make_directories_visible(athena):
    athena.run(
        f"CREATE EXTERNAL TABLE m (a int) PARTITIONED BY (d string) STORED AS PARQUET LOCATION '{athena.place('m')}'"
    )
    for day in ("x", "y"):
        athena.put_parquet(f"m/d={day}/p.parquet", pa.table({"a": pa.array([1], pa.int32())}))
    assert athena.rows("SELECT count(*) FROM m") == [["0"]]
    athena.run("ALTER TABLE m ADD IF NOT EXISTS PARTITION (d = 'x')")
    assert athena.rows("SELECT count(*) FROM m") == [["1"]]
    athena.run("MSCK REPAIR TABLE m")
    assert athena.rows("SELECT d FROM m ORDER BY d") == [["x"], ["y"]]
    athena.run("ALTER TABLE m DROP PARTITION (d = 'x')")
    assert athena.rows("SELECT d FROM m") == [["y"]]


def test_text_tables_split_lines_and_turn_what_does_not_parse_into_null(athena):
    athena.run(f"""
        CREATE EXTERNAL TABLE c (a int, b string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ','
        LOCATION '{athena.place("c")}' TBLPROPERTIES ('skip.header.line.count'='1')
    """)
    body = b"a,b\n1,x\nz,y\n"
    athena.aws.client("s3").put_object(Bucket="athena-lake", Key=f"{athena.database}/c/1.csv", Body=body)
    answer = athena.run("SELECT * FROM c")
    assert answer.rows == [["1", "x"], [None, "y"]]
    assert answer.scanned == len(body)


def test_prepared_statements_take_values(hive):
    hive.run("PREPARE one FROM SELECT name FROM h WHERE id = ?")
    assert hive.rows("EXECUTE one USING 2") == [["b"]]
    hive.run("DEALLOCATE PREPARE one")
    assert hive.fails("EXECUTE one USING 2").startswith("NOT_FOUND: PreparedStatement one")
    assert hive.run("SELECT ? + 1", ExecutionParameters=["41"]).rows == [["42"]]


def test_explain_and_unload(hive):
    assert hive.rows("EXPLAIN SELECT * FROM h")
    target = hive.place("unloaded")
    assert hive.run(f"UNLOAD (SELECT id FROM h) TO '{target}' WITH (format = 'PARQUET')").count == 2
    hive.run(f"CREATE EXTERNAL TABLE u (id int) STORED AS PARQUET LOCATION '{target}'")
    assert hive.rows("SELECT sum(id) FROM u") == [["3"]]


def test_information_schema_lists_tables_and_columns(ice):
    where = f"WHERE table_schema = '{ice.database}'"
    assert ice.rows(f"SELECT table_name, table_type FROM information_schema.tables {where}") == [
        ["ice", "BASE TABLE"]
    ]
    assert ice.rows(
        f"SELECT column_name, data_type FROM information_schema.columns {where} ORDER BY ordinal_position"
    ) == [
        ["id", "integer"],
        ["name", "varchar"],
        ["d", "date"],
    ]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT bogus FROM h", "COLUMN_NOT_FOUND: line 1:8: Column 'bogus' cannot be resolved"),
        ("SELECT h.bogus FROM h", "COLUMN_NOT_FOUND: line 1:10: Column 'bogus' cannot be resolved"),
        ("SELECT * FROM nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog."),
        ("SELECT * FROM no_db.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'no_db' does not exist"),
        ("SELECT nofunction(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nofunction' not registered"),
        ("SELECT 1 + 'a'", "TYPE_MISMATCH"),
        ("SELECT cast('a' AS integer)", "INVALID_CAST_ARGUMENT: Cannot cast 'a' to INTEGER"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero"),
        (
            "SELECT name, count(*) FROM h",
            "EXPRESSION_NOT_AGGREGATE: line 1:8: 'name' must be an aggregate expression",
        ),
        ("SELECT (SELECT id FROM h)", "SUBQUERY_MULTIPLE_ROWS"),
        ("INSERT INTO h VALUES (1)", "TYPE_MISMATCH: line 1:13: Insert query has mismatched column types"),
    ],
)
def test_what_fails_says_so_in_athenas_words(hive, sql, reason):
    assert hive.fails(sql).startswith(reason)


def test_two_statements_in_one_request_are_refused(hive):
    with pytest.raises(ClientError, match="Only one sql statement is allowed"):
        hive.start("SELECT 1; SELECT 2")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM ice WHERE d = '2013-01-01'",
        "SELECT * FROM ice WHERE id = '1'",
        "SELECT * FROM ice WHERE d BETWEEN '2013-01-01' AND '2013-02-01'",
        "SELECT * FROM ice WHERE id IN ('1', '2')",
        "INSERT INTO ice VALUES (1, 'a', '2013-01-01')",
        "INSERT INTO ice VALUES (CAST(1 AS bigint), 'a', DATE '2013-01-01')",
        "UPDATE ice SET d = '2013-01-01'",
        "MERGE INTO ice t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET id = CAST(1 AS bigint)",
    ],
)
def test_types_that_trino_does_not_mix_are_refused(ice, sql):
    assert ice.fails(sql).startswith("TYPE_MISMATCH")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id AS x FROM ice WHERE x = 1",
        "SELECT id AS x, count(*) FROM ice GROUP BY x",
        "SELECT id AS x, x + 1 FROM ice",
    ],
)
def test_an_alias_is_known_to_order_by_only(ice, sql):
    assert ice.fails(sql).startswith("COLUMN_NOT_FOUND: line 1:")
    assert ice.rows("SELECT id AS x FROM ice ORDER BY x DESC") == [["2"], ["1"]]


def test_unnest_of_a_map_and_of_arrays_side_by_side(athena):
    pairs = "(SELECT MAP(ARRAY['a','b'], ARRAY[1,2]) AS m)"
    assert athena.rows(f"SELECT k, v FROM {pairs} CROSS JOIN UNNEST(m) AS t (k, v)") == [
        ["a", "1"],
        ["b", "2"],
    ]
    assert athena.rows("SELECT * FROM UNNEST(ARRAY[1,2], ARRAY['x']) AS t (n, s)") == [
        ["1", "x"],
        ["2", None],
    ]


def test_columns_without_a_name_are_numbered(athena):
    assert athena.run("SELECT 1 + 1, 5 / 2, 'x' AS s, NOT true").columns == ["_col0", "_col1", "s", "_col3"]
