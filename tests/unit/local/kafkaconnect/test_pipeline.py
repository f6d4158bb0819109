"""PostgreSQL to Debezium to Glue's Avro to Kafka: every change once, whatever happens to the worker."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from tests.unit.local.msk import conftest as msk
from tests.waiting import until


def _changes(pipeline, count):
    return pipeline.decoded(pipeline.read(pipeline.aws.session(), pipeline.topic, count))


def _worker(pipeline):
    unique = pipeline.connector_arn.rsplit("/", 1)[-1]
    return [
        one for one in psutil.process_iter(["cwd"]) if str(one.info["cwd"]).endswith(f"connectors/{unique}")
    ]


def test_the_rows_of_the_table_arrive_as_avro_of_the_registry(pipeline):
    found = _changes(pipeline, 5)
    assert [(one["op"], one["after"]["id"], one["after"]["note"]) for one in found] == [
        ("r", number, "first") for number in range(1, 6)
    ]


def test_a_worker_that_is_killed_comes_back_and_reads_on_where_it_was(pipeline):
    _changes(pipeline, 5)
    pipeline.database.rows("INSERT INTO notes VALUES (6, 'before')")
    _changes(pipeline, 6)
    pipeline.committed(6)
    [worker] = _worker(pipeline)
    os.kill(worker.pid, signal.SIGKILL)
    pipeline.database.rows("INSERT INTO notes VALUES (7, 'meanwhile')")
    until(lambda: pipeline.state == "RESTARTING", every=0.2)
    until(lambda: pipeline.state != "RESTARTING", seconds=400, every=0.5)
    assert pipeline.state == "RUNNING"
    found = _changes(pipeline, 7)
    assert [one["after"]["id"] for one in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [one["op"] for one in found] == ["r"] * 5 + ["c"] * 2


def test_an_update_of_its_configuration_reads_no_row_again(pipeline):
    before = pipeline.connector_arn
    pipeline.resources["Connector"] = pipeline.connector(**{"max.batch.size": "100"})
    pipeline.deploy()
    assert pipeline.connector_arn == before
    described = pipeline.connect.describe_connector(connectorArn=before)
    assert described["connectorConfiguration"]["max.batch.size"] == "100"
    pipeline.database.rows("INSERT INTO notes VALUES (8, 'after')")
    assert [one["after"]["id"] for one in _changes(pipeline, 8)] == [1, 2, 3, 4, 5, 6, 7, 8]
    [operation] = pipeline.connect.list_connector_operations(connectorArn=before)["connectorOperations"]
    assert operation["connectorOperationState"] == "UPDATE_COMPLETE"


def test_its_log_reaches_the_log_group_of_the_template(pipeline):
    logs = pipeline.aws.client("logs")
    given = {"logGroupName": f"/connect/{pipeline.name}", "filterPattern": "PostgresConnector"}
    assert until(lambda: logs.filter_log_events(**given)["events"])


def test_a_configuration_that_its_class_does_not_take_changes_nothing(pipeline):
    arn = pipeline.connector_arn
    described = pipeline.connect.describe_connector(connectorArn=arn)
    wrong = {**described["connectorConfiguration"], "database.hostname": ""}
    told = pipeline.connect.update_connector(
        connectorArn=arn, currentVersion=described["currentVersion"], connectorConfiguration=wrong
    )
    read = lambda: pipeline.connect.describe_connector_operation(  # noqa: E731
        connectorOperationArn=told["connectorOperationArn"]
    )
    until(lambda: read()["connectorOperationState"] == "ROLLBACK_COMPLETE")
    assert "database.hostname" in read()["errorInfo"]["message"]
    assert pipeline.state == "RUNNING"


def test_a_connector_whose_groups_reach_no_database_fails_with_the_drivers_words(pipeline):
    odd = pipeline.connector(group="Nobody", **{"slot.name": "odd"})
    odd["Properties"]["ConnectorName"] = f"{pipeline.name}-odd"
    resources = {**pipeline.resources, "Odd": odd}
    with pytest.raises(AssertionError, match=r"Odd: The connector .* is FAILED: .*(?i:connection)"):
        msk.update(pipeline.aws, pipeline.stack, resources)


def test_a_plugin_that_is_no_zip_fails_with_the_reason(pipeline):
    location = pipeline.plugin_location["S3Location"]
    bucket = location["BucketArn"].rsplit(":", 1)[-1]
    pipeline.aws.client("s3").put_object(Bucket=bucket, Key="odd.zip", Body=b"no zip")
    made = pipeline.connect.create_custom_plugin(
        name=f"{pipeline.name}-odd",
        contentType="ZIP",
        location={"s3Location": {"bucketArn": f"arn:aws:s3:::{bucket}", "fileKey": "odd.zip"}},
    )
    read = lambda: pipeline.connect.describe_custom_plugin(customPluginArn=made["customPluginArn"])  # noqa: E731
    until(lambda: read()["customPluginState"] == "CREATE_FAILED")
    assert "no ZIP" in read()["stateDescription"]["message"]


def test_a_property_that_msk_connect_sets_itself_is_refused(pipeline):
    with pytest.raises(pipeline.connect.exceptions.BadRequestException, match=r"sets plugin\.path itself"):
        pipeline.connect.create_worker_configuration(
            name="odd", propertiesFileContent="cGx1Z2luLnBhdGg9L3RtcA=="
        )


def test_a_deleted_connector_leaves_no_worker(pipeline):
    assert len(_worker(pipeline)) == 1
    processes = _worker(pipeline)
    del pipeline.resources["Connector"]
    pipeline.deploy()
    assert not any(one.is_running() for one in processes)
