"""The API around a query: where results go, paging, statistics, idempotency, stopping."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError


def test_a_syntax_error_is_refused_at_submission_with_line_and_column(athena):
    with pytest.raises(ClientError, match=r"InvalidRequestException.*line 1:7: mismatched input '1'"):
        athena.start("selec 1")


def test_a_hive_table_must_be_external(athena):
    with pytest.raises(ClientError, match="External keyword required for table type HIVE"):
        athena.start("CREATE TABLE t (a int) LOCATION 's3://athena-lake/t/'")


def test_without_any_result_location_a_query_is_refused(athena):
    with pytest.raises(ClientError, match="No output location provided"):
        athena.client("athena").start_query_execution(QueryString="SELECT 1")


def test_an_unknown_workgroup_is_refused(athena):
    with pytest.raises(ClientError, match="WorkGroup is not found"):
        athena.client("athena").start_query_execution(QueryString="SELECT 1", WorkGroup="nobody")


def test_results_are_a_quoted_csv_at_the_announced_place(athena):
    answer = athena.run("SELECT 1 AS a, 'x\"y' AS b, CAST(NULL AS varchar) AS c")
    location = answer.execution["ResultConfiguration"]["OutputLocation"]
    assert location.endswith(f"/{answer.execution['QueryExecutionId']}.csv")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body = athena.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert body == b'"a","b","c"\n"1","x""y",\n'


def test_an_enforcing_workgroup_decides_location_and_encryption(athena):
    key = athena.client("kms").create_key()["KeyMetadata"]["Arn"]
    name = f"team-{athena.database}"
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": key}
    athena.client("athena").create_work_group(
        Name=name,
        Configuration={
            "EnforceWorkGroupConfiguration": True,
            "ResultConfiguration": {
                "OutputLocation": "s3://athena-results/team",
                "EncryptionConfiguration": encryption,
            },
        },
    )
    athena.workgroup = name
    answer = athena.run("SELECT 1", ResultConfiguration={"OutputLocation": "s3://athena-lake/mine/"})
    location = answer.execution["ResultConfiguration"]["OutputLocation"]
    assert location.startswith("s3://athena-results/team/")
    head = athena.client("s3").head_object(Bucket="athena-results", Key=location.split("/", 3)[3])
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    athena.run("CREATE TABLE own AS SELECT 1 AS a")
    table = athena.client("glue").get_table(DatabaseName=athena.database, Name="own")["Table"]
    assert table["StorageDescriptor"]["Location"].startswith("s3://athena-results/team/tables/")
    reason = athena.fails(f"CREATE TABLE x WITH (external_location='{athena.place('x')}') AS SELECT 1 AS a")
    assert "'external_location'" in reason


def test_a_disabled_workgroup_takes_no_queries(athena):
    name = f"off-{athena.database}"
    client = athena.client("athena")
    client.create_work_group(Name=name)
    client.update_work_group(WorkGroup=name, State="DISABLED")
    with pytest.raises(ClientError, match=f"WorkGroup {name} is disabled"):
        client.start_query_execution(QueryString="SELECT 1", WorkGroup=name)


def test_rows_come_in_pages_and_only_the_first_has_the_header(athena):
    client = athena.client("athena")
    query_id = athena.run("SELECT x FROM UNNEST(sequence(1, 5)) AS t (x)").execution["QueryExecutionId"]
    first = client.get_query_results(QueryExecutionId=query_id, MaxResults=3)
    rest = client.get_query_results(QueryExecutionId=query_id, MaxResults=3, NextToken=first["NextToken"])
    values = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in (first, rest)]
    assert values == [["x", "1", "2"], ["3", "4", "5"]]
    assert "NextToken" not in rest


def test_the_same_token_starts_one_query(athena):
    token = "t" * 32 + athena.database
    first = athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        athena.start("SELECT 2", ClientRequestToken=token)


def test_statistics_and_statement_types(athena):
    execution = athena.run("SELECT 1").execution
    assert execution["StatementType"] == "DML"
    assert execution["SubstatementType"] == "SELECT"
    assert execution["Statistics"]["EngineExecutionTimeInMillis"] > 0
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    assert athena.run("SHOW DATABASES").execution["StatementType"] == "UTILITY"


def test_a_failed_query_carries_athenas_error_structure(athena):
    execution = athena.wait(athena.start("SELECT * FROM nope"))
    error = execution["Status"]["AthenaError"]
    assert (error["ErrorCategory"], error["ErrorType"], error["Retryable"]) == (2, 1301, False)
    assert error["ErrorMessage"] == execution["Status"]["StateChangeReason"]


@pytest.mark.parametrize("after_seconds", [0, 0.01, 0.05, 0.3, 1])
def test_a_running_query_can_be_stopped_at_any_moment(athena, after_seconds):
    sql = "SELECT count(*) FROM UNNEST(sequence(1, 100000)) a (x) CROSS JOIN UNNEST(sequence(1, 1000000)) b (y) WHERE x % 7 = y % 11"
    query_id = athena.start(sql)
    time.sleep(after_seconds)
    athena.client("athena").stop_query_execution(QueryExecutionId=query_id)
    status = athena.wait(query_id)["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Query cancelled by user")


def test_a_ctas_announces_its_files_in_a_manifest(athena):
    answer = athena.run(f"CREATE TABLE m WITH (external_location='{athena.place('m')}') AS SELECT 1 AS a")
    assert answer.execution["Statistics"]["DataManifestLocation"].endswith("-manifest.csv")


def test_the_primary_workgroup_forces_nothing(athena):
    group = athena.client("athena").get_work_group(WorkGroup="primary")["WorkGroup"]
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is False
