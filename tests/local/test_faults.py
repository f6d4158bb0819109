"""Faults injected while it runs: no row is lost or doubled, and each refusal says what, where and how to mend."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
import zipfile

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from botocore.exceptions import ClientError

from tests.waiting import until

pytestmark = pytest.mark.local

CRASHING = b"import os\ndef handle(event, context):\n    os._exit(1)\n"


def _adds_up(platform, dataset, date, raw):
    counts = platform.counts(dataset, date)
    assert raw == counts["raw"] == counts["staged"] + counts["quarantined"]
    assert counts["staged"] == counts["curated"]
    return counts


def _recovers(platform, dataset, date, raw):
    run = platform.run(dataset, date)
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    return _adds_up(platform, dataset, date, raw)


def _code(platform, function):
    """The zip that a function runs, as CloudFormation deployed it."""
    template = platform.client("cloudformation").get_template(StackName=f"{platform.names.prefix}-pipeline")[
        "TemplateBody"
    ]
    resources = template["Resources"].values()
    code = next(
        r["Properties"]["Code"]
        for r in resources
        if r["Type"] == "AWS::Lambda::Function" and r["Properties"].get("FunctionName") == function
    )
    bucket = code["S3Bucket"]
    bucket = (
        f"cdk-hnb659fds-assets-{platform.names.account}-{platform.names.region}"
        if not isinstance(bucket, str)
        else bucket
    )
    return {"S3Bucket": bucket.replace("${AWS::AccountId}", platform.names.account), "S3Key": code["S3Key"]}


def test_a_lambda_that_crashes_mid_run_is_retried(platform):
    table = platform.table("weather", "2013-04-01")
    platform.deliver("weather", "2013-04-01", table)
    function = platform.names.function("schema-drift")
    good = _code(platform, function)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("schema_drift/__init__.py", b"")
        archive.writestr("schema_drift/handler.py", CRASHING)
    client = platform.client("lambda")
    client.update_function_code(FunctionName=function, ZipFile=sink.getvalue())
    try:
        arn = platform.start("weather", "2013-04-01")
        until(
            lambda: (
                "TaskFailed" in _history(platform, arn) or "LambdaFunctionFailed" in _history(platform, arn)
            )
        )
    finally:
        client.update_function_code(FunctionName=function, **good)
    run = platform.wait(arn)

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    _adds_up(platform, "weather", "2013-04-01", table.num_rows)


def test_an_athena_query_that_fails_mid_run_loses_and_doubles_nothing(platform):
    # A query may be over before it is met: another day, until one was stopped.
    for date in ("2013-04-02", "2013-05-02", "2013-05-03", "2013-05-04"):
        table = platform.table("weather", date)
        platform.deliver("weather", date, table)
        run, stopped = _run_with_a_stopped_insert(platform, date)
        if stopped:
            break

    assert stopped, "no running INSERT was met: the fault was not injected"
    if run.status == "FAILED":
        assert "CANCELLED" in run.cause.upper()
        _recovers(platform, "weather", date, table.num_rows)
    else:
        _adds_up(platform, "weather", date, table.num_rows)


def _run_with_a_stopped_insert(platform, date):
    stopped = []
    athena = platform.client("athena")
    over = threading.Event()

    def stop_the_first_insert():
        while not over.is_set() and not stopped:
            newest = athena.list_query_executions(WorkGroup=platform.names.workgroup)["QueryExecutionIds"]
            for query in newest[:3]:
                seen = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
                if "INSERT" in seen["Query"] and seen["Status"]["State"] in ("QUEUED", "RUNNING"):
                    athena.stop_query_execution(QueryExecutionId=query)
                    stopped.append(query)
            time.sleep(0.02)

    watcher = threading.Thread(target=stop_the_first_insert)
    watcher.start()
    run = platform.run("weather", date)
    over.set()
    watcher.join()
    return run, stopped


def test_a_killed_embedded_aws_resumes_without_losing_or_doubling_a_row(platform):
    table = platform.table("weather", "2013-04-03")
    platform.deliver("weather", "2013-04-03", table)
    arn = platform.start("weather", "2013-04-03")
    until(lambda: "Candidate" in _history(platform, arn))
    time.sleep(0.3)
    assert _is_running(platform, arn)

    os.kill(platform.endpoint["pid"], signal.SIGKILL)
    platform.server("start")

    _recovers(platform, "weather", "2013-04-03", table.num_rows)


def test_a_day_that_died_before_dbt_fails_no_other_day(platform):
    died, other = platform.table("flights", "2013-04-14"), platform.table("flights", "2013-04-15")
    platform.deliver("flights", "2013-04-14", died)
    platform.deliver("flights", "2013-04-15", other)
    arn = platform.start("flights", "2013-04-14")
    until(lambda: "RunDbt" in _history(platform, arn))
    staged = platform.checkpoint  # one that is being written may be of before
    until(lambda: platform.checkpoint >= staged + 2)

    os.kill(platform.endpoint["pid"], signal.SIGKILL)
    platform.server("start")

    assert platform.count("staged", "flights", "2013-04-14") == died.num_rows
    _recovers(platform, "flights", "2013-04-15", other.num_rows)
    _recovers(platform, "flights", "2013-04-14", died.num_rows)


def test_a_poison_file_is_refused_by_name_and_mended_by_a_good_one(platform):
    key = platform.deliver("flights", "2013-04-04", b"this is no Parquet file")

    run = platform.run("flights", "2013-04-04")

    assert (run.status, run.error) == ("FAILED", "PoisonFile")
    assert key.split("/part-")[0].split("run_id=")[1] in run.cause
    assert platform.count("staged", "flights", "2013-04-04") == 0
    assert platform.ledger("flights", "2013-04-04")["status"] == "FAILED"


def test_a_column_of_the_wrong_type_is_refused_by_name(platform):
    table = platform.table("flights", "2013-04-05")
    wrong = table.set_column(
        table.schema.get_field_index("distance"), "distance", pc.cast(table["distance"], pa.string())
    )
    platform.deliver("flights", "2013-04-05", wrong)

    run = platform.run("flights", "2013-04-05")

    assert (run.status, run.error) == ("FAILED", "SchemaDrift")
    assert "distance" in run.cause
    assert "string" in run.cause
    assert platform.count("curated", "flights", "2013-04-05") == 0


def test_a_missing_column_is_refused_by_name(platform):
    platform.deliver("flights", "2013-04-06", platform.table("flights", "2013-04-06").drop_columns(["dest"]))

    run = platform.run("flights", "2013-04-06")

    assert (run.status, run.error) == ("FAILED", "SchemaDrift")
    assert "dest" in run.cause


def test_an_extra_column_is_ignored_and_reported(platform):
    table = platform.table("weather", "2013-04-07")
    platform.deliver("weather", "2013-04-07", table.append_column("gate", pa.array(["A1"] * table.num_rows)))

    _recovers(platform, "weather", "2013-04-07", table.num_rows)

    assert "gate" in str(platform.ledger("weather", "2013-04-07"))


def test_rows_with_a_duplicate_key_are_quarantined_once(platform):
    table = platform.table("weather", "2013-04-08")
    platform.deliver("weather", "2013-04-08", pa.concat_tables([table, table.slice(0, 3)]))

    counts = _recovers(platform, "weather", "2013-04-08", table.num_rows + 3)

    assert counts["quarantined"] >= 3
    quarantined = platform.query(
        f'SELECT count(*) FROM "{platform.names.database("staged")}"."weather_quarantine"'
        " WHERE _ingest_date = DATE '2013-04-08' AND _rule = 'unique'",
        platform.as_role("engineer"),
    )
    assert quarantined == [["3"]]


def test_an_empty_day_without_a_file_is_refused_with_where_to_deliver(platform):
    run = platform.run("flights", "2013-04-09")

    assert (run.status, run.error) == ("FAILED", "NoRawData")
    assert "ingest_date=2013-04-09" in run.cause


def test_an_empty_file_stops_at_the_volume_check(platform):
    platform.deliver("flights", "2013-04-10", platform.table("flights", "2013-04-10").slice(0, 0))

    run = platform.run("flights", "2013-04-10")

    assert (run.status, run.error) == ("FAILED", "QualityGateFailed")
    assert "volume" in run.cause
    assert platform.count("curated", "flights", "2013-04-10") == 0


def test_a_late_file_for_an_old_day_joins_that_day(platform):
    table = platform.table("weather", "2013-04-11")
    late = 5
    platform.deliver("weather", "2013-04-11", table.slice(late))
    _recovers(platform, "weather", "2013-04-11", table.num_rows - late)

    platform.deliver("weather", "2013-04-11", table.slice(0, late))

    _recovers(platform, "weather", "2013-04-11", table.num_rows)


def test_a_broken_reading_is_quarantined_with_rule_value_and_run(platform):
    table = platform.table("weather", "2013-02-12")
    platform.deliver("weather", "2013-02-12", table)

    _recovers(platform, "weather", "2013-02-12", table.num_rows)

    rows = platform.query(
        "SELECT _rule, _column, _value, _run_id FROM"
        f' "{platform.names.database("staged")}"."weather_quarantine" WHERE _ingest_date = DATE \'2013-02-12\'',
        platform.as_role("engineer"),
    )
    assert rows[0][:2] == ["range", "wind_speed"]
    assert rows[0][2].startswith("1048.36")
    assert rows[0][3]


def test_an_unknown_role_cannot_start_a_run(platform):
    with pytest.raises(ClientError, match="AccessDenied"):
        platform.client("stepfunctions", platform.as_role("analyst")).start_execution(
            stateMachineArn=platform.names.state_machine_arn, input="{}"
        )


def _is_running(platform, arn):
    return platform.client("stepfunctions").describe_execution(executionArn=arn)["status"] == "RUNNING"


def _history(platform, arn):
    return str(
        platform.client("stepfunctions").get_execution_history(executionArn=arn, maxResults=1000)["events"]
    )
