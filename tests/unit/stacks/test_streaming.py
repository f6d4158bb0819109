"""The streaming of a domain as its template says: who there is, of which kind, and what another stack may count on."""

from __future__ import annotations

import dataclasses

import aws_cdk as cdk
import pytest

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domains
from environments import DEV, PROD, STAGING
from environments.model import StreamingSettings
from stacks.foundation import FoundationStack
from stacks.streaming_names import cluster_name, loader, loader_group, producer, streams_here
from stacks.streaming_schemas import key_subject, subjects_of
from stacks.streaming_watch import watched_cluster
from tests.conftest import ROOT, streaming_domain

NAMING = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")


@pytest.fixture(scope="module")
def retail():
    return next(domain for domain in load_domains(ROOT / "domains") if domain.name == "retail")


@pytest.fixture(scope="module")
def streamed(retail):
    return streaming_domain(retail)


def own(assembly):
    (name,) = (stack for stack in assembly.templates if stack.endswith("-retail-streaming"))
    return assembly.templates[name]


def of_type(assembly, kind):
    return [each["Properties"] for each in own(assembly)["Resources"].values() if each["Type"] == kind]


@pytest.mark.parametrize(
    ("broker", "streams", "zones"),
    [("express", True, 3), ("express", False, 2), ("standard", True, 2), ("serverless", True, 2)],
)
def test_a_network_of_two_zones_has_a_third_where_express_brokers_stand(broker, streams, zones):
    app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
    environment = dataclasses.replace(STAGING, streaming=StreamingSettings(on=True, broker=broker))
    stack = FoundationStack(app, "Foundation", environment=environment, domains=[], streams=streams)

    assert STAGING.network.zones == 2
    assert len(stack.network.subnets) == zones


def test_a_domain_without_streams_has_no_stack_for_them(assembly):
    assert [name for name in assembly.templates if name.endswith("-aviation-streaming")] == []


def test_a_connector_writes_all_topics_of_its_source_and_an_application_one(streamed):
    assert {each.name: producer(each) for each, _ in streams_here(streamed)} == {
        "customers": "capture-shop",
        "orders": "capture-shop",
        "order_items": "produce-order_items",
    }


def test_another_version_of_a_topic_has_a_group_of_its_own(streamed):
    _, stream = streams_here(streamed)[0]
    next_one = dataclasses.replace(stream, topic=stream.topic.replace(".v1", ".v2"))

    assert loader_group(stream) != loader_group(next_one)


def test_roles_are_one_a_producer_one_for_topics_and_one_for_replays(streaming):
    roles = {each["RoleName"].split("-retail-", 1)[1] for each in of_type(streaming, "AWS::IAM::Role")}

    assert roles == {"capture-shop", "produce-order_items", "replay", "streams-admin"}


def test_a_connectors_role_is_taken_for_this_account_only(streaming):
    (role,) = (
        each for each in of_type(streaming, "AWS::IAM::Role") if each["RoleName"].endswith("capture-shop")
    )
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "kafkaconnect.amazonaws.com"}
    assert set(statement["Condition"]["StringEquals"]) == {"aws:SourceAccount"}


def test_every_stream_has_a_subject_and_events_one_for_their_key(streaming):
    names = {each["Name"]: each["DataFormat"] for each in of_type(streaming, "AWS::Glue::Schema")}

    assert names == {
        "retail.customers.v1": "AVRO",
        "retail.orders.v1": "AVRO",
        "retail.order_items.v1": "PROTOBUF",
        "retail.order_items.v1.key": "PROTOBUF",
    }


@pytest.mark.parametrize("written", ["avro", "protobuf"])
def test_the_schemas_of_events_are_the_contracts(streamed, written):
    dataset, stream = next(each for each in streams_here(streamed) if each[0].name == "order_items")
    sent, key = subjects_of(dataset, dataclasses.replace(stream, format=written))

    assert (sent.name, key.name) == (stream.topic, key_subject(stream))
    assert all(column.name in sent.definition for column in dataset.columns)
    assert all(name in key.definition for name in stream.key)
    assert "unit_price" not in key.definition


def test_the_subject_of_changes_is_empty_for_the_connector_registers_the_sources_own_schema(streamed):
    dataset, stream = streams_here(streamed)[0]
    [subject] = subjects_of(dataset, stream)

    assert (subject.name, subject.definition) == (stream.topic, None)


def test_the_lag_of_each_dataset_is_watched_in_the_group_that_its_loader_may_use(streaming_of, streamed):
    watched = {
        alarm["Dimensions"][1]["Value"]
        for alarm in of_type(streaming_of("express"), "AWS::CloudWatch::Alarm")
        if alarm["MetricName"] == "SumOffsetLag"
    }

    assert watched == {loader_group(stream) for _, stream in streams_here(streamed)}


def test_a_cluster_that_is_off_is_not_watched(streamed):
    assert watched_cluster(streamed, NAMING, DEV) is None


def test_a_domain_without_streams_is_not_watched(retail):
    batch = dataclasses.replace(
        retail, datasets=tuple(each for each in retail.datasets if each.stream is None)
    )

    assert watched_cluster(batch, NAMING, PROD) is None


def test_the_line_of_storage_is_of_express_alone(streamed):
    express = watched_cluster(streamed, NAMING, PROD)
    standard = dataclasses.replace(PROD, streaming=StreamingSettings(on=True, broker="standard"))

    assert express.storage_gib == PROD.streaming.most_storage_gib
    assert watched_cluster(streamed, NAMING, standard).storage_gib == 0


def test_names_are_under_the_domains_prefix_and_unlike_its_other_alarms(streamed):
    assert cluster_name(NAMING) == "dp-dev-retail-stream"
    assert NAMING.role(loader(streams_here(streamed)[0][0])) == "dp-dev-retail-load-customers"
