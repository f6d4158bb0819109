"""A domain may have streams and nothing else, and its database may be MySQL."""

from __future__ import annotations

import json

import pytest

from data_platform.contracts.odcs import load_domains
from environments import switched
from tests.local.streaming.mysql_source import ENVIRONMENT, write_contracts


@pytest.fixture(scope="module")
def alone(gated, tmp_path_factory):
    """What `CHAOS_ENGINE=mysql make test-streaming` deploys: retail's captured tables, of a MySQL."""
    contracts = write_contracts(tmp_path_factory.mktemp("contracts") / "domains")
    return gated(switched(ENVIRONMENT, "on"), load_domains(contracts))


def test_every_gate_passes(alone):
    assert alone.failure == ""
    assert alone.findings() == []


def test_its_machine_runs_nothing_and_may_read_no_plan_and_start_no_crawler(alone):
    rights = [
        statement
        for (stack, name), each in alone.of_type("AWS::IAM::ManagedPolicy").items()
        if stack.endswith("-retail-pipeline") and name.startswith("PoliciesPipeline")
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]
    actions = {
        action
        for each in rights
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    assert "states:StartExecution" in actions
    assert actions & {"s3:GetObject", "glue:StartCrawler"} == set()
    assert all(each["Resource"] for each in rights)


def test_its_connector_reads_the_log_of_mysql_and_keeps_the_history_of_its_tables(alone):
    [machine] = [
        json.dumps(each["Properties"])
        for (stack, _), each in alone.of_type("AWS::StepFunctions::StateMachine").items()
        if stack.endswith("-retail-capture")
    ]
    assert "io.debezium.connector.mysql.MySqlConnector" in machine
    assert "__debezium_schema_history_dp-local-retail-capture-shop" in machine
