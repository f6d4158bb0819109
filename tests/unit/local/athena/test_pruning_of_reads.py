"""What a query reads: partitions, columns and files that its conditions do not exclude, and nothing else."""

from __future__ import annotations

import datetime as dt
import random

import pyarrow as pa
import pytest

PROJECTED = """
    CREATE EXTERNAL TABLE flights (carrier string, distance double)
    PARTITIONED BY (ingest_date date)
    STORED AS PARQUET LOCATION '{place}'
    TBLPROPERTIES (
      'projection.enabled'='true', 'projection.ingest_date.type'='date', 'projection.ingest_date.format'='yyyy-MM-dd',
      'projection.ingest_date.range'='2013-01-01,2013-12-31',
      'storage.location.template'='{place}source=api/ingest_date=${{ingest_date}}/')
"""


@pytest.fixture
def flights(athena):
    athena.run(PROJECTED.format(place=athena.place("flights")))
    for day in range(1, 4):
        rows = pa.table({"carrier": [f"c{day}"] * 1000, "distance": [float(i) * day for i in range(1000)]})
        athena.put_parquet(f"flights/source=api/ingest_date=2013-01-0{day}/run_id=x/part-0.parquet", rows)
    return athena


def test_projection_reads_only_the_day_that_the_condition_names(flights):
    whole = flights.run("SELECT sum(distance) FROM flights")
    day = flights.run("SELECT sum(distance), max(carrier) FROM flights WHERE ingest_date = DATE '2013-01-02'")
    assert day.rows == [["999000.0", "c2"]]
    assert 0 < day.scanned < whole.scanned
    paths = flights.rows("SELECT DISTINCT \"$path\" FROM flights WHERE ingest_date = DATE '2013-01-02'")
    assert len(paths) == 1
    assert "ingest_date=2013-01-02/run_id=x/" in paths[0][0]


@pytest.mark.parametrize("condition", ["= '{}'", "IN ('{}')", "IN ('{}', 's3://lake/another')"])
def test_the_rows_of_one_file_are_found_by_its_path(flights, condition):
    [[path]] = flights.rows("SELECT DISTINCT \"$path\" FROM flights WHERE carrier = 'c2'")

    found = flights.rows(
        f'SELECT carrier, count(*) FROM flights WHERE "$path" {condition.format(path)} GROUP BY 1'
    )

    assert found == [["c2", "1000"]]


@pytest.mark.parametrize("others", [0, 499])
def test_only_the_files_that_a_condition_names_are_read(flights, others):
    [[path]] = flights.rows("SELECT DISTINCT \"$path\" FROM flights WHERE carrier = 'c2'")
    paths = ", ".join(f"'{each}'" for each in (path, *(f"s3://lake/{n}" for n in range(others))))
    whole = flights.run("SELECT sum(distance) FROM flights")

    found = flights.run(f'SELECT sum(distance), max(carrier) FROM flights WHERE "$path" IN ({paths})')

    assert found.rows == [["999000.0", "c2"]]
    assert 0 < found.scanned < whole.scanned


@pytest.mark.parametrize(
    "rows",
    [
        """SELECT d.* FROM (SELECT carrier FROM flights WHERE "$path" <> '') AS d JOIN flights AS f ON d.carrier = f.carrier""",
        """SELECT flights.carrier FROM flights WHERE "$path" <> ''""",
    ],
    ids=["derived", "plain"],
)
def test_a_star_of_a_derived_table_gives_what_that_selects(flights, rows):
    assert flights.run(f"SELECT DISTINCT r.* FROM ({rows}) AS r").columns == ["carrier"]


def test_no_star_of_a_table_gives_the_path_of_its_rows(flights):
    for star in ("*", "flights.*"):
        answer = flights.run(f"SELECT {star} FROM flights WHERE \"$path\" <> '' LIMIT 1")
        assert answer.columns == ["carrier", "distance", "ingest_date"]


def test_a_broken_file_in_an_excluded_partition_is_not_opened(flights):
    key = f"{flights.database}/flights/source=api/ingest_date=2013-01-05/part.parquet"
    flights.aws.client("s3").put_object(Bucket="athena-lake", Key=key, Body=b"not parquet")
    assert flights.rows("SELECT count(*) FROM flights WHERE ingest_date <= DATE '2013-01-03'") == [["3000"]]
    reason = flights.fails("SELECT count(*) FROM flights WHERE ingest_date >= DATE '2013-01-03'")
    assert reason.startswith("HIVE_BAD_DATA: Not valid Parquet file: s3://athena-lake/")
    assert "expected magic number: PAR1" in reason


def test_conditions_reach_a_table_through_a_cte_and_a_join(flights):
    answer = flights.run("""
        WITH days AS (SELECT DATE '2013-01-03' AS d), all_flights AS (SELECT * FROM flights)
        SELECT count(*) FROM all_flights JOIN days ON ingest_date = d WHERE ingest_date > DATE '2013-01-02'
    """)
    assert answer.rows == [["1000"]]


def test_only_needed_columns_count_as_scanned(flights):
    one = flights.run("SELECT max(carrier) FROM flights")
    both = flights.run("SELECT max(carrier), max(distance) FROM flights")
    assert 0 < one.scanned < both.scanned
    assert flights.run("SELECT count(*) FROM flights").scanned == 0


def test_days_outside_the_projected_range_do_not_exist(flights):
    assert flights.rows("SELECT count(*) FROM flights WHERE ingest_date = DATE '2014-01-01'") == [["0"]]


def test_partition_columns_have_their_own_type(flights):
    answer = flights.run("SELECT ingest_date, count(*) FROM flights GROUP BY 1 ORDER BY 1 LIMIT 1")
    assert answer.types == ["date", "bigint"]
    assert answer.rows == [["2013-01-01", "1000"]]


def test_enum_and_integer_projections_multiply(athena):
    place = athena.place("t")
    athena.run(f"""
        CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (kind string, n int) STORED AS PARQUET LOCATION '{place}'
        TBLPROPERTIES ('projection.enabled'='true', 'projection.kind.type'='enum', 'projection.kind.values'='x,y',
          'projection.n.type'='integer', 'projection.n.range'='1,3')
    """)
    for kind in "xyz":
        athena.put_parquet(f"t/kind={kind}/n=2/p.parquet", pa.table({"a": pa.array([1], pa.int32())}))
    assert athena.rows("SELECT kind, n, a FROM t ORDER BY 1") == [["x", "2", "1"], ["y", "2", "1"]]


def test_an_incomplete_projection_names_the_missing_property(athena):
    place = athena.place("t")
    athena.run(f"""
        CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (d date) STORED AS PARQUET LOCATION '{place}'
        TBLPROPERTIES ('projection.enabled'='true', 'projection.d.type'='date')
    """)
    assert "projection.d.format" in athena.fails("SELECT * FROM t")


def test_catalogue_partitions_are_pruned(athena):
    place = athena.place("t")
    athena.run(
        f"CREATE TABLE t WITH (external_location='{place}', partitioned_by=ARRAY['d']) AS SELECT 1 a, 'x' d UNION ALL SELECT 2, 'y'"
    )
    assert athena.run("SELECT a FROM t WHERE d = 'y'").rows == [["2"]]
    assert athena.run("SELECT a FROM t WHERE d = 'y'").scanned < athena.run("SELECT a FROM t").scanned


def test_iceberg_files_are_pruned_by_partition(athena):
    athena.iceberg("t", "a bigint, d date", partitioned="day(d)")
    for day in (1, 2):
        athena.run(f"INSERT INTO t SELECT x, DATE '2013-01-0{day}' FROM UNNEST(sequence(1, 1000)) AS u (x)")
    one, both = (
        athena.run("SELECT sum(a) FROM t WHERE d = DATE '2013-01-01'"),
        athena.run("SELECT sum(a) FROM t"),
    )
    assert one.rows == [["500500"]]
    assert 0 < one.scanned < both.scanned


def test_a_query_above_the_limit_of_its_workgroup_is_cancelled(flights):
    client = flights.client("athena")
    name = f"limited-{flights.database}"
    configuration = {
        "EnforceWorkGroupConfiguration": True,
        "BytesScannedCutoffPerQuery": 10_000_000,
        "ResultConfiguration": {"OutputLocation": "s3://athena-results/limited/"},
    }
    client.create_work_group(Name=name, Configuration=configuration)
    noise = pa.table({"carrier": ["x"] * 2_000_000, "distance": [random.random() for _ in range(2_000_000)]})
    assert flights.put_parquet("flights/source=api/ingest_date=2013-06-01/part.parquet", noise) > 10_000_000
    flights.workgroup = name
    execution = flights.wait(flights.start("SELECT sum(distance) FROM flights"))
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Query cancelled! : Bytes scanned limit was exceeded"
    assert flights.rows("SELECT count(*) FROM flights WHERE ingest_date = DATE '2013-01-01'") == [["1000"]]


def test_a_column_missing_from_a_file_is_null(athena):
    athena.run(f"CREATE EXTERNAL TABLE t (a int, b string) STORED AS PARQUET LOCATION '{athena.place('t')}'")
    athena.put_parquet("t/1.parquet", pa.table({"A": pa.array([1], pa.int32())}))
    assert athena.rows("SELECT * FROM t") == [["1", None]]


def test_a_column_of_another_type_than_promised_is_bad_data(athena):
    athena.run(f"CREATE EXTERNAL TABLE t (a int) STORED AS PARQUET LOCATION '{athena.place('t')}'")
    athena.put_parquet("t/1.parquet", pa.table({"a": ["x"], "day": [dt.date(2013, 1, 1)]}))
    reason = athena.fails("SELECT a FROM t")
    assert reason.startswith("HIVE_BAD_DATA: Field a's type STRING in parquet file s3://")
    assert athena.rows("SELECT count(*) FROM t") == [["1"]]
