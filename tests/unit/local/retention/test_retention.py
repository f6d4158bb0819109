"""The weekly end of old rows on the real engine: old ones go, young ones stay, and a broken table stops no other."""

from __future__ import annotations

import json
import time
import uuid

import pytest

from data_platform.contracts.retention_sql import TableEnd, older_than
from data_platform.recovery.retention_states import retention_definition
from tests.waiting import until

DAYS = 30


def _ask(aws, workgroup, sql):
    athena = aws.client("athena")
    query = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup)["QueryExecutionId"]
    read = lambda: athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]  # noqa: E731
    seen = until(lambda: (found := read())["State"] in ("SUCCEEDED", "FAILED") and found)
    assert seen["State"] == "SUCCEEDED", seen.get("StateChangeReason")
    rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


@pytest.fixture(scope="module")
def lake(aws):
    """A bucket, a workgroup and a database."""
    name = f"r{uuid.uuid4().hex[:6]}"
    aws.client("s3").create_bucket(
        Bucket=name + "-bucket", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    results = {"OutputLocation": f"s3://{name}-bucket/results/"}
    aws.client("athena").create_work_group(Name=name, Configuration={"ResultConfiguration": results})
    aws.client("glue").create_database(DatabaseInput={"Name": name})
    return name


@pytest.fixture
def table(aws, lake):
    """Rows of six ages: 0, 29, 30, 31, 60 and 4000 days; partitioned by another column, as curated is."""
    name = f"t{uuid.uuid4().hex[:6]}"
    _ask(
        aws,
        lake,
        f"CREATE TABLE {lake}.{name} (id int, month int, _ingest_date date) PARTITIONED BY (month) "
        f"LOCATION 's3://{lake}-bucket/{name}/' TBLPROPERTIES ('table_type'='ICEBERG', "
        "'vacuum_max_snapshot_age_seconds'='1')",
    )
    ages = (0, 29, 30, 31, 60, 4000)
    rows = ", ".join(f"({age}, {age % 2}, date_add('day', -{age}, current_date))" for age in ages)
    _ask(aws, lake, f"INSERT INTO {lake}.{name} VALUES {rows}")
    return f"{lake}.{name}"


def _end(table):
    return TableEnd(
        table=table,
        delete=f"DELETE FROM {table} WHERE {older_than(DAYS)}",
        optimize=f"OPTIMIZE {table} REWRITE DATA USING BIN_PACK",
        vacuum=f"VACUUM {table}",
    )


def _run(aws, lake, *tables):
    client = aws.client("stepfunctions")
    definition = retention_definition(tables, workgroup=lake, query_seconds=60, run_seconds=300)
    for state in definition["States"]["EachTable"]["ItemProcessor"]["States"].values():
        for rule in state.get("Retry", []):
            rule |= {"IntervalSeconds": 1, "MaxAttempts": 1}  # a test does not wait half a minute
    machine = client.create_state_machine(
        name=f"m-{uuid.uuid4().hex[:6]}",
        roleArn=aws.role({"Effect": "Allow", "Action": "*", "Resource": "*"}, service="states.amazonaws.com"),
        definition=json.dumps(definition),
    )["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=machine)["executionArn"]
    read = lambda: client.describe_execution(executionArn=execution)  # noqa: E731
    return until(lambda: (found := read())["status"] != "RUNNING" and found, every=0.1)


def _ids(aws, lake, table):
    return sorted(int(row[0]) for row in _ask(aws, lake, f"SELECT id FROM {table}"))


def test_rows_older_than_the_contract_keeps_go_and_younger_ones_stay(aws, lake, table):
    assert _run(aws, lake, _end(table))["status"] == "SUCCEEDED"

    assert _ids(aws, lake, table) == [0, 29, 30]


def test_running_again_ends_nothing_more(aws, lake, table):
    for _ in range(2):
        assert _run(aws, lake, _end(table))["status"] == "SUCCEEDED"

    assert _ids(aws, lake, table) == [0, 29, 30]


def test_no_snapshot_shows_the_old_rows_any_more(aws, lake, table):
    time.sleep(1.1)  # the table's snapshots live a second
    _run(aws, lake, _end(table))
    time.sleep(1.1)
    _run(aws, lake, _end(table))
    name = table.rsplit(".", maxsplit=1)[-1]
    (snapshots,) = _ask(aws, lake, f'SELECT count(*) FROM {lake}."{name}$snapshots"')

    assert snapshots == ["1"]


def test_a_table_that_fails_stops_no_other_and_is_named(aws, lake, table):
    ended = _run(aws, lake, _end(f"{lake}.nowhere"), _end(table))

    assert (ended["status"], ended["error"]) == ("FAILED", "RowsRemain")
    assert f"{lake}.nowhere" in ended["cause"]
    assert table not in ended["cause"]
    assert _ids(aws, lake, table) == [0, 29, 30]
