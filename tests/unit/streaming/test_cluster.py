"""A cluster in a template: IAM over TLS or nothing, under the domain's key, in as many zones as its brokers take."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms

from data_platform.streaming import MskCluster, UnspreadableClusterError

NAME = "dp-test-retail-stream"
EXPRESS = {
    "broker": "express",
    "kafka_version": "3.9.x",
    "instance_type": "express.m7g.large",
    "brokers": 3,
    "most_storage_gib": 1024,
}
STANDARD = {
    "broker": "standard",
    "kafka_version": "4.1.x.kraft",
    "instance_type": "kafka.m7g.large",
    "brokers": 3,
    "storage_gib": 100,
    "most_storage_gib": 1000,
}
SERVERLESS = {"broker": "serverless"}


def made(stack, given, *, zones=3, removal=cdk.RemovalPolicy.RETAIN):
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0a1b2c3d",
        vpc_cidr_block="10.0.0.0/16",
        availability_zones=["a", "b", "c"][:zones],
        isolated_subnet_ids=[f"subnet-{number}a1b2c3d" for number in range(zones)],
    )
    key = kms.Key(stack, "Key")
    MskCluster(
        stack,
        "Cluster",
        name=NAME,
        vpc=vpc,
        subnets=vpc.isolated_subnets,
        admitted={"tasks": ec2.SecurityGroup.from_security_group_id(stack, "Tasks", "sg-0a1b2c3d")},
        key=key,
        log_key=key,
        log_retention_days=30,
        removal_policy=removal,
        **given,
    )
    return assertions.Template.from_stack(stack)


def cluster_of(template):
    (cluster,) = template.find_resources("AWS::MSK::Cluster").values()
    return cluster["Properties"]


@pytest.fixture(params=[EXPRESS, STANDARD], ids=["express", "standard"])
def provisioned(request, stack):
    return made(stack, request.param)


def test_iam_is_the_only_way_in(provisioned):
    ways = cluster_of(provisioned)["ClientAuthentication"]

    assert ways == {
        "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": False}},
        "Tls": {"Enabled": False},
        "Unauthenticated": {"Enabled": False},
    }


def test_everything_on_the_way_is_tls(provisioned):
    assert cluster_of(provisioned)["EncryptionInfo"]["EncryptionInTransit"] == {
        "ClientBroker": "TLS",
        "InCluster": True,
    }


def test_what_brokers_keep_is_under_the_key(provisioned):
    key = cluster_of(provisioned)["EncryptionInfo"]["EncryptionAtRest"]["DataVolumeKMSKeyId"]

    assert key["Fn::GetAtt"][0].startswith("Key")


def test_brokers_log_to_an_encrypted_group_that_ends(provisioned):
    (group,) = provisioned.find_resources("AWS::Logs::LogGroup").values()
    logs = cluster_of(provisioned)["LoggingInfo"]["BrokerLogs"]["CloudWatchLogs"]

    assert group["Properties"]["LogGroupName"] == f"/aws/vendedlogs/msk/{NAME}"
    assert "KmsKeyId" in group["Properties"]
    assert group["Properties"]["RetentionInDays"] == 30
    assert logs["Enabled"] is True


def test_nobody_reaches_it_from_the_internet(provisioned):
    nodes = cluster_of(provisioned)["BrokerNodeGroupInfo"]

    assert nodes["ConnectivityInfo"] == {"PublicAccess": {"Type": "DISABLED"}}
    assert len(nodes["ClientSubnets"]) == 3


def test_it_takes_the_newest_revision_of_its_configuration(provisioned):
    info = cluster_of(provisioned)["ConfigurationInfo"]

    assert info["Revision"]["Fn::GetAtt"][1] == "LatestRevision.Revision"


def test_an_upgrade_does_not_replace_the_configuration(provisioned):
    (configuration,) = provisioned.find_resources("AWS::MSK::Configuration").values()

    # KafkaVersionsList can only be set when it is made; a second one of the same name would be refused.
    assert "KafkaVersionsList" not in configuration["Properties"]


def test_times_of_throttling_are_told(provisioned):
    assert cluster_of(provisioned)["EnhancedMonitoring"] == "PER_BROKER"


def test_express_has_no_volumes(stack):
    template = made(stack, EXPRESS)

    assert "StorageInfo" not in cluster_of(template)["BrokerNodeGroupInfo"]
    template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)


def test_volumes_of_standard_grow_and_never_shrink(stack):
    template = made(stack, STANDARD)

    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {
            "MinCapacity": 100,
            "MaxCapacity": 1000,
            "ScalableDimension": "kafka:broker-storage:VolumeSize",
            "RoleARN": assertions.Match.absent(),
        },
    )
    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {
            "TargetTrackingScalingPolicyConfiguration": {
                "DisableScaleIn": True,
                "TargetValue": 60,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "KafkaBrokerStorageUtilization"},
            }
        },
    )


def test_volumes_that_may_not_grow_do_not(stack):
    template = made(stack, {**STANDARD, "most_storage_gib": 100})

    template.resource_count_is("AWS::ApplicationAutoScaling::ScalableTarget", 0)


def test_serverless_knows_its_clients_too(stack):
    template = made(stack, SERVERLESS, zones=2)

    template.has_resource_properties(
        "AWS::MSK::ServerlessCluster",
        {"ClusterName": NAME, "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}},
    )
    template.resource_count_is("AWS::MSK::Configuration", 0)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (EXPRESS, "AWS::MSK::Cluster"),
        (STANDARD, "AWS::MSK::Cluster"),
        (SERVERLESS, "AWS::MSK::ServerlessCluster"),
    ],
    ids=["express", "standard", "serverless"],
)
@pytest.mark.parametrize("policy", [cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.DESTROY])
def test_it_outlives_its_stack_where_data_does(stack, given, kind, policy):
    template = made(stack, given, removal=policy)
    kept = {cdk.RemovalPolicy.RETAIN: "Retain", cdk.RemovalPolicy.DESTROY: "Delete"}[policy]

    template.has_resource(kind, {"DeletionPolicy": kept, "UpdateReplacePolicy": kept})


def test_its_port_is_opened_on_both_sides_to_named_groups_and_to_its_own_only(stack):
    template = made(stack, EXPRESS)
    ports = {"FromPort": 9098, "ToPort": 9098, "IpProtocol": "tcp"}

    template.has_resource_properties(
        "AWS::EC2::SecurityGroupIngress", {**ports, "SourceSecurityGroupId": "sg-0a1b2c3d"}
    )
    template.has_resource_properties("AWS::EC2::SecurityGroupEgress", {**ports, "GroupId": "sg-0a1b2c3d"})
    opened = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    assert sorted("Fn::GetAtt" in each["Properties"]["SourceSecurityGroupId"] for each in opened) == [
        False,
        True,
    ]


def test_without_endpoints_of_ours_pollers_reach_those_of_the_network_by_its_range(stack):
    made(stack, EXPRESS).has_resource_properties(
        "AWS::EC2::SecurityGroupEgress",
        {"CidrIp": "10.0.0.0/16", "FromPort": 443, "ToPort": 443, "IpProtocol": "tcp"},
    )


@pytest.mark.parametrize(
    ("given", "zones", "says"),
    [
        (EXPRESS, 2, "express brokers cannot stand in 2 zones. Allowed: 3. Mend: .*network.zones"),
        (SERVERLESS, 1, "serverless brokers cannot stand in 1 zones"),
        ({**EXPRESS, "brokers": 4}, 3, "4 brokers cannot stand evenly in 3 zones.*streaming.brokers be 6"),
        ({**STANDARD, "brokers": 3}, 2, "3 brokers cannot stand evenly in 2 zones.*streaming.brokers be 4"),
    ],
)
def test_brokers_that_the_network_cannot_hold_are_refused_with_a_mend(stack, given, zones, says):
    with pytest.raises(UnspreadableClusterError, match=says):
        made(stack, given, zones=zones)


def test_four_standard_brokers_stand_in_two_zones(stack):
    assert cluster_of(made(stack, {**STANDARD, "brokers": 4}, zones=2))["NumberOfBrokerNodes"] == 4
