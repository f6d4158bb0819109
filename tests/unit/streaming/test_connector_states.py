"""The machine of a connector as a graph: every call is retried and caught, and what it makes names the brokers."""

from __future__ import annotations

import json

import pytest

from data_platform.streaming.connector_states import connector_definition

CREATION = {
    "ConnectorName": "c",
    "Capacity": {"ProvisionedCapacity": {"McuCount": 2, "WorkerCount": 1}},
    "KafkaCluster": {"ApacheKafkaCluster": {"Vpc": {"Subnets": ["s"]}}},
    "Plugins": [{"CustomPlugin": {"CustomPluginArn": "arn:p", "Revision": 1}}],
    "WorkerConfiguration": {"WorkerConfigurationArn": "arn:w", "Revision": 1},
}


def states(*, history=False):
    made = connector_definition(CREATION, {"a": "b"}, cluster_arn="arn:c", secret="s", history=history)
    return made["States"]


def test_every_call_is_retried_and_its_failure_caught():
    calls = [each for each in states().values() if each["Type"] == "Task"]

    assert calls
    assert all(each["Retry"] and each["Catch"] and each["TimeoutSeconds"] for each in calls)


def test_a_connector_is_made_with_the_brokers_that_were_asked_for():
    network = states()["Create"]["Arguments"]["KafkaCluster"]["ApacheKafkaCluster"]

    assert network == {"BootstrapServers": "{% $brokers %}", "Vpc": {"Subnets": ["s"]}}


@pytest.mark.parametrize(
    "part", ["McuCount != 2", "CustomPluginArn != 'arn:p'", "WorkerConfigurationArn != 'arn:w'"]
)
def test_what_no_update_changes_is_made_anew(part):
    conditions = {each["Next"]: each["Condition"] for each in states()["Compare"]["Choices"]}

    assert part in conditions["Delete"]


def test_a_new_version_of_the_secret_changes_what_the_connector_is_told():
    assert "'secret.version': $version" in states()["Want"]["Assign"]["wanted"]


def test_brokers_are_told_to_debezium_only_where_it_keeps_a_memory_of_tables():
    told = {
        history: "bootstrap.servers" in json.dumps(states(history=history)["Want"])
        for history in (True, False)
    }

    assert told == {True: True, False: False}


def test_a_connector_that_has_failed_is_deleted_and_the_run_fails():
    made = states()

    assert made["DeleteFailed"]["Next"] == "ConnectorFailed"
    assert made["ConnectorFailed"]["Type"] == "Fail"
