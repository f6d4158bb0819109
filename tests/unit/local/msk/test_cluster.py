"""A cluster of a template is a real Kafka, with the settings of the template."""

from __future__ import annotations

import base64
import json
import os
import signal
import uuid
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import ConfigResource, ResourceType

from tests.unit.local.msk.conftest import KAFKA_ALL, SECONDS, cluster, topic
from tests.waiting import until


def _broker(shop):
    found = [one for one in psutil.process_iter(["name", "cwd"]) if str(one.info["cwd"]) == str(shop.folder)]
    assert len(found) == 1
    return found[0]


def _configs(**given):
    return base64.b64encode(json.dumps({k.replace("_", "."): v for k, v in given.items()}).encode()).decode()


def test_what_is_produced_through_its_front_is_read_back(shop):
    session = shop.aws.session()
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="kept", PartitionCount=1, ReplicationFactor=2)
    shop.produce(session, "kept", b"one", b"two")
    assert shop.read(session, "kept", 2) == [b"one", b"two"]


def test_the_server_properties_of_its_configuration_are_those_of_the_running_broker(shop):
    admin = shop.admin(shop.aws.session())
    [found] = admin.describe_configs([ConfigResource(ResourceType.BROKER, "1")]).values()
    assert found.result(SECONDS)["num.partitions"].value == "3"


def test_it_is_described_as_it_was_made(shop):
    found = shop.record
    assert found["Tags"] == {"domain": "shop"}
    assert found["Provisioned"]["NumberOfBrokerNodes"] == 2
    assert found["Provisioned"]["CurrentBrokerSoftwareInfo"]["KafkaVersion"] == "3.8.x"
    first = shop.kafka.describe_cluster(ClusterArn=shop.arn)["ClusterInfo"]
    assert first["ClusterName"] == shop.name
    assert first["BrokerNodeGroupInfo"]["InstanceType"] == "kafka.m7g.large"
    listed = shop.kafka.list_clusters_v2(ClusterNameFilter=shop.name)["ClusterInfoList"]
    assert [one["ClusterArn"] for one in listed] == [shop.arn]


def test_its_broker_logs_reach_the_log_group_of_the_template(shop):
    logs = shop.aws.client("logs")
    found = until(
        lambda: logs.filter_log_events(logGroupName=f"/msk/{shop.name}", filterPattern="started")["events"]
    )
    assert any("Kafka Server started" in event["message"] for event in found)


def test_a_second_cluster_of_its_name_is_refused(shop):
    provisioned = {
        **{name: shop.record["Provisioned"][name] for name in ("BrokerNodeGroupInfo", "NumberOfBrokerNodes")},
        "KafkaVersion": "3.8.x",
    }
    provisioned["BrokerNodeGroupInfo"].pop("ConnectivityInfo")
    with pytest.raises(shop.kafka.exceptions.ConflictException):
        shop.kafka.create_cluster_v2(ClusterName=shop.name, Provisioned=provisioned)


def test_a_broker_that_is_killed_comes_back_with_every_acknowledged_record(shop):
    session = shop.aws.session()
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="orders", PartitionCount=1, ReplicationFactor=2)
    values = [str(number).encode() for number in range(200)]
    shop.produce(session, "orders", *values)
    killed = _broker(shop).pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: shop.record["State"] != "ACTIVE", seconds=SECONDS)
    shop.active()
    assert _broker(shop).pid != killed
    assert shop.read(session, "orders", 200) == values


def test_a_changed_configuration_reaches_the_broker_and_keeps_every_record(shop):
    session = shop.aws.session()
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="before", PartitionCount=1, ReplicationFactor=2)
    shop.produce(session, "before", b"kept")
    configuration = shop.resources["Configuration"]["Properties"]
    configuration["ServerProperties"] = "num.partitions=5\n"
    shop.deploy()
    admin = shop.admin(session)
    [found] = admin.describe_configs([ConfigResource(ResourceType.BROKER, "1")]).values()
    assert found.result(SECONDS)["num.partitions"].value == "5"
    assert shop.read(session, "before", 1) == [b"kept"]
    operations = shop.kafka.list_cluster_operations(ClusterArn=shop.arn)["ClusterOperationInfoList"]
    assert [one["OperationState"] for one in operations if "CONFIGURATION" in one["OperationType"]] == [
        "UPDATE_COMPLETE"
    ]


def test_topics_of_a_template_are_topics_of_kafka(shop):
    shop.resources["Orders"] = topic("orders.v1", 2, _configs(retention_ms="60000", cleanup_policy="delete"))
    shop.deploy()
    read = lambda: shop.kafka.describe_topic(ClusterArn=shop.arn, TopicName="orders.v1")  # noqa: E731
    found = read()
    assert (found["PartitionCount"], found["ReplicationFactor"], found["Status"]) == (2, 2, "ACTIVE")
    admin = shop.admin(shop.aws.session())
    [configs] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, "orders.v1")]).values()
    assert configs.result(SECONDS)["retention.ms"].value == "60000"

    shop.resources["Orders"] = topic("orders.v1", 2, _configs(retention_ms="90000"))
    shop.deploy()
    assert json.loads(base64.b64decode(read()["Configs"])) == {"retention.ms": "90000"}
    shop.resources["Orders"] = topic("orders.v1", 4, _configs(retention_ms="90000"))
    shop.deploy()
    assert read()["PartitionCount"] == 4

    del shop.resources["Orders"]
    shop.deploy()
    with pytest.raises(shop.kafka.exceptions.NotFoundException):
        read()


def test_configs_and_partitions_that_change_at_once_are_refused(shop):
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="both", PartitionCount=1, ReplicationFactor=2)
    with pytest.raises(shop.kafka.exceptions.BadRequestException, match="either Configs or PartitionCount"):
        shop.kafka.update_topic(
            ClusterArn=shop.arn, TopicName="both", PartitionCount=2, Configs=_configs(retention_ms="1")
        )


def test_a_config_that_kafka_does_not_know_is_refused_in_its_words(shop):
    with pytest.raises(shop.kafka.exceptions.BadRequestException, match=r"(?i)unknown topic config"):
        shop.kafka.create_topic(
            ClusterArn=shop.arn,
            TopicName="odd",
            PartitionCount=1,
            ReplicationFactor=2,
            Configs=_configs(no_such_thing="1"),
        )


def test_topics_that_clients_made_are_listed_with_the_others(shop):
    from confluent_kafka.admin import NewTopic

    admin = shop.admin(shop.aws.session())
    [made] = admin.create_topics([NewTopic("by-a-client", num_partitions=2)]).values()
    made.result(SECONDS)
    listed = shop.kafka.list_topics(ClusterArn=shop.arn, TopicNameFilter="by-a-")["Topics"]
    assert [(one["TopicName"], one["PartitionCount"]) for one in listed] == [("by-a-client", 2)]


def test_the_policy_of_a_cluster_is_kept_with_it(shop):
    principal = {"AWS": f"arn:aws:iam::{shop.aws.endpoint.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kafka:*", "Resource": shop.arn}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    shop.resources["Policy"] = {
        "Type": "AWS::MSK::ClusterPolicy",
        "Properties": {"ClusterArn": {"Fn::GetAtt": ["Cluster", "Arn"]}, "Policy": policy},
    }
    shop.deploy()
    assert json.loads(shop.kafka.get_cluster_policy(ClusterArn=shop.arn)["Policy"]) == policy
    del shop.resources["Policy"]
    shop.deploy()
    with pytest.raises(shop.kafka.exceptions.NotFoundException):
        shop.kafka.get_cluster_policy(ClusterArn=shop.arn)


def test_topic_operations_ask_for_kafkas_own_actions_on_the_topic(shop):
    name = "allowed.v1"
    arn = f"{shop.arn.replace(':cluster/', ':topic/')}/{name}"
    actions = [f"kafka-cluster:{action}" for action in ("CreateTopic", "DescribeTopic", "DeleteTopic")]
    role = shop.aws.role(
        {"Effect": "Allow", "Action": "kafka-cluster:Connect", "Resource": shop.arn},
        {"Effect": "Allow", "Action": actions, "Resource": arn},
    )
    kafka = shop.aws.client_as(role, "kafka")
    given = {"ClusterArn": shop.arn, "PartitionCount": 1, "ReplicationFactor": 2}
    kafka.create_topic(TopicName=name, **given)
    with pytest.raises(kafka.exceptions.ForbiddenException, match="kafka-cluster:CreateTopic"):
        kafka.create_topic(TopicName="forbidden.v1", **given)
    kafka.delete_topic(ClusterArn=shop.arn, TopicName=name)
    stranger = shop.aws.client_as(shop.aws.role({**KAFKA_ALL, "Action": "kafka:*"}), "kafka")
    with pytest.raises(stranger.exceptions.ClientError, match="kafka-cluster:Connect"):
        stranger.list_topics(ClusterArn=shop.arn)


def test_a_server_property_that_msk_does_not_let_one_set_is_refused(shop):
    with pytest.raises(shop.kafka.exceptions.BadRequestException, match=r"unsupported property log\.dirs"):
        shop.kafka.create_configuration(Name="odd", ServerProperties=b"log.dirs=/tmp\n")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"KafkaVersion": "9.9.x"}, "Unsupported KafkaVersion"),
        ({"NumberOfBrokerNodes": 3}, "must be a multiple of the 2 client subnets"),
        ({"ClientAuthentication": {"Sasl": {"Scram": {"Enabled": True}}}}, "has no SASL/SCRAM"),
    ],
)
def test_a_cluster_that_aws_or_the_laptop_cannot_make_fails_with_its_reason(secured_aws, changes, why):
    name = f"odd-{uuid.uuid4().hex[:6]}"
    resources = cluster(name)
    resources["Cluster"]["Properties"] |= changes
    with pytest.raises(Exception, match=why):
        secured_aws.deploy(resources)


def test_a_deleted_cluster_leaves_no_broker_and_no_data(secured_aws):
    name = f"gone-{uuid.uuid4().hex[:6]}"
    stack = secured_aws.deploy(cluster(name))
    arn = secured_aws.resource(stack, "Cluster")
    folder = Path(secured_aws.endpoint.state_dir) / "msk" / arn.rsplit("/", 1)[-1]
    assert folder.is_dir()
    secured_aws.delete(stack)
    until(lambda: not folder.exists())  # data goes once the state on disk knows the cluster no more
    assert not [one for one in psutil.process_iter(["cwd"]) if str(one.info["cwd"]) == str(folder)]
