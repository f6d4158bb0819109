"""The Glue API keeps versions, filters partitions and fails what cannot run."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest


@pytest.fixture(scope="module")
def glue(aws: Any) -> Any:
    return aws.client("glue")


@pytest.fixture
def database(glue: Any) -> str:
    name = f"db{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name})
    return name


def definition(name: str = "flights", **changes: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [{"Name": "day", "Type": "string"}, {"Name": "hour", "Type": "int"}],
        "StorageDescriptor": {
            "Columns": [{"Name": "carrier", "Type": "string"}],
            "Location": "s3://lake/flights/",
        },
        "Parameters": {"classification": "parquet"},
        **changes,
    }


@pytest.fixture
def table(glue: Any, database: str) -> dict[str, str]:
    glue.create_table(DatabaseName=database, TableInput=definition())
    return {"DatabaseName": database, "TableName": "flights"}


def test_an_update_keeps_the_version_before_it_unless_it_skips_the_archive(glue, table):
    glue.update_table(DatabaseName=table["DatabaseName"], TableInput=definition(Description="second"))
    glue.update_table(
        DatabaseName=table["DatabaseName"], TableInput=definition(Description="third"), SkipArchive=True
    )
    versions = glue.get_table_versions(**table)["TableVersions"]
    assert [version["Table"].get("Description") for version in versions] == ["third", ""]


def test_a_stale_version_id_is_refused(glue, table):
    old = glue.get_table(DatabaseName=table["DatabaseName"], Name="flights")["Table"]["VersionId"]
    glue.update_table(DatabaseName=table["DatabaseName"], TableInput=definition())
    with pytest.raises(glue.exceptions.ConcurrentModificationException):
        glue.update_table(DatabaseName=table["DatabaseName"], TableInput=definition(), VersionId=old)


def test_deleted_versions_are_gone_and_unknown_ones_are_named(glue, table):
    glue.update_table(DatabaseName=table["DatabaseName"], TableInput=definition())
    old = glue.get_table_versions(**table)["TableVersions"][-1]["VersionId"]
    answer = glue.batch_delete_table_version(**table, VersionIds=[old, "99"])
    assert [error["VersionId"] for error in answer["Errors"]] == ["99"]
    assert len(glue.get_table_versions(**table)["TableVersions"]) == 1


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("day = '2013-01-01'", 2),
        ("day >= '2013-01-01' AND hour = 5", 2),
        ("hour IN (5, 7) AND NOT day = '2013-01-02'", 1),
        ("day BETWEEN '2013-01-02' AND '2013-12-31'", 1),
        ("day LIKE '2013%'", 3),
        ("hour > 6", 1),
    ],
)
def test_partitions_are_filtered_by_expression(glue, table, expression, found):
    for values in (["2013-01-01", "5"], ["2013-01-01", "10"], ["2013-01-02", "5"]):
        glue.create_partition(**table, PartitionInput={"Values": values})
    assert len(glue.get_partitions(**table, Expression=expression)["Partitions"]) == found


def test_an_expression_over_another_column_is_refused_with_the_keys(glue, table):
    glue.create_partition(**table, PartitionInput={"Values": ["2013-01-01", "5"]})
    with pytest.raises(
        glue.exceptions.InvalidInputException, match=r"carrier is not a partition key.*day, hour"
    ):
        glue.get_partitions(**table, Expression="carrier = 'UA'")


def test_partitions_are_updated_and_deleted_by_value(glue, table):
    glue.create_partition(**table, PartitionInput={"Values": ["a", "1"]})
    glue.update_partition(
        **table,
        PartitionValueList=["a", "1"],
        PartitionInput={"Values": ["a", "1"], "Parameters": {"k": "v"}},
    )
    assert glue.get_partition(**table, PartitionValues=["a", "1"])["Partition"]["Parameters"] == {"k": "v"}
    gone = [{"Values": ["a", "1"]}, {"Values": ["b", "2"]}]
    assert len(glue.batch_delete_partition(**table, PartitionsToDelete=gone)["Errors"]) == 1
    assert glue.get_partitions(**table)["Partitions"] == []


def test_a_partition_with_too_few_values_is_refused(glue, table):
    with pytest.raises(glue.exceptions.InvalidInputException, match="number of partition keys"):
        glue.create_partition(**table, PartitionInput={"Values": ["a"]})


def test_tables_are_found_by_text_and_database(glue, table):
    filters = [{"Key": "DatabaseName", "Value": table["DatabaseName"]}]
    assert glue.search_tables(SearchText="carrier", Filters=filters)["TableList"][0]["Name"] == "flights"
    assert glue.search_tables(SearchText="nothing", Filters=filters)["TableList"] == []


def test_a_spark_job_fails_with_its_reason(glue):
    name = f"job-{uuid.uuid4().hex[:8]}"
    glue.create_job(Name=name, Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://x/y.py"})
    run = glue.start_job_run(JobName=name)["JobRunId"]
    time.sleep(0.05)
    found = glue.get_job_run(JobName=name, RunId=run)["JobRun"]
    assert found["JobRunState"] == "FAILED"
    assert "runs no Spark" in found["ErrorMessage"]
