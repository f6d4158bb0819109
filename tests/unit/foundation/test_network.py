from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.foundation import ExistingNetwork, NewNetwork

ZONES = ("ap-southeast-2a", "ap-southeast-2b")


@pytest.fixture
def template(stack):
    NewNetwork(
        stack,
        "Network",
        cidr="10.40.0.0/20",
        availability_zones=ZONES,
        interface_endpoints=("athena", "ecr.api"),
        key=kms.Key(stack, "Key"),
        flow_log_group="/dp-dev/flow-log",
        flow_log_days=90,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    return Template.from_stack(stack)


@pytest.mark.parametrize(
    "kind", ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::Lambda::Function"]
)
def test_there_is_none_of(template, kind):
    template.resource_count_is(kind, 0)


def test_there_is_a_private_subnet_a_zone(template):
    subnets = template.find_resources("AWS::EC2::Subnet").values()

    assert {subnet["Properties"]["AvailabilityZone"] for subnet in subnets} == set(ZONES)
    assert {subnet["Properties"]["MapPublicIpOnLaunch"] for subnet in subnets} == {False}


@pytest.mark.parametrize("service", ["s3", "dynamodb"])
def test_there_is_a_gateway_to(template, service):
    gateways = template.find_resources(
        "AWS::EC2::VPCEndpoint", {"Properties": {"VpcEndpointType": "Gateway"}}
    )

    assert any(service in str(gateway["Properties"]["ServiceName"]) for gateway in gateways.values())


def test_there_is_an_endpoint_for_each_service_of_the_environment(template):
    endpoints = template.find_resources(
        "AWS::EC2::VPCEndpoint", {"Properties": {"VpcEndpointType": "Interface"}}
    )

    assert {endpoint["Properties"]["ServiceName"] for endpoint in endpoints.values()} == {
        "com.amazonaws.ap-southeast-2.athena",
        "com.amazonaws.ap-southeast-2.ecr.api",
    }


def test_endpoints_take_https_from_inside_only(template):
    template.has_resource_properties(
        "AWS::EC2::SecurityGroup",
        {
            "SecurityGroupIngress": [
                {"CidrIp": "10.40.0.0/20", "FromPort": 443, "ToPort": 443, "IpProtocol": "tcp"}
            ]
        },
    )


def test_tasks_answer_nobody_and_call_https_only(template):
    (group,) = template.find_resources(
        "AWS::EC2::SecurityGroup",
        {"Properties": {"GroupDescription": "Container tasks: no way in, HTTPS out"}},
    ).values()

    assert "SecurityGroupIngress" not in group["Properties"]
    assert [rule["ToPort"] for rule in group["Properties"]["SecurityGroupEgress"]] == [443]


def test_all_flows_are_logged_under_the_key(template):
    template.has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "ALL"})
    (group,) = template.find_resources("AWS::Logs::LogGroup").values()

    assert group["Properties"]["RetentionInDays"] == 90
    assert "KmsKeyId" in group["Properties"]


def test_the_flow_log_role_writes_to_its_own_group_only(template):
    (policy,) = template.find_resources("AWS::IAM::ManagedPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert list(statement["Resource"]) == ["Fn::GetAtt"]


def test_an_existing_network_makes_nothing_but_the_group_of_the_tasks(stack):
    network = ExistingNetwork(
        stack,
        "Network",
        vpc_id="vpc-0a1b2c3d",
        cidr="10.0.0.0/16",
        availability_zones=ZONES,
        subnet_ids=("subnet-0a1b2c3d", "subnet-1a1b2c3d"),
        route_table_ids=("rtb-0a1b2c3d", "rtb-1a1b2c3d"),
    )
    resources = Template.from_stack(stack).to_json()["Resources"].values()

    assert [resource["Type"] for resource in resources] == ["AWS::EC2::SecurityGroup"]
    assert [subnet.subnet_id for subnet in network.subnets] == ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]
