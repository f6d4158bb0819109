from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.foundation import ExistingNetwork, NewNetwork
from data_platform.foundation.security_groups import UnknownPrefixListError

REGION = "ap-southeast-2"
ZONES = (f"{REGION}a", f"{REGION}b")
SUBNET = "AWS::EC2::Subnet"
BASTION = "Bastion: SSH from named ranges at most, out to databases and endpoints"


def new_network(stack, **more):
    return NewNetwork(
        stack,
        "Network",
        cidr="10.40.0.0/20",
        availability_zones=ZONES,
        interface_endpoints=("athena", "ecr.api"),
        key=kms.Key(stack, "Key"),
        flow_log_group="/dp-dev/flow-log",
        flow_log_days=90,
        removal_policy=cdk.RemovalPolicy.RETAIN,
        **more,
    )


def group(template, description):
    (found,) = template.find_resources(
        "AWS::EC2::SecurityGroup", {"Properties": {"GroupDescription": description}}
    ).items()
    return found


@pytest.fixture
def template(stack):
    new_network(stack)
    return Template.from_stack(stack)


@pytest.fixture
def with_entrance(stack):
    new_network(stack, entrance_cidrs=("203.0.113.0/24", "198.51.100.0/24"))
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


def test_endpoints_take_https_from_the_networks_groups_and_from_no_range(template):
    _, endpoints = group(template, "Interface endpoints: HTTPS from inside the network")
    rules = [
        rule["Properties"] for rule in template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    ]

    assert "SecurityGroupIngress" not in endpoints["Properties"]
    assert {rule["Description"] for rule in rules} == {
        f"HTTPS from {name}" for name in ("tasks", "extractors", "bastion")
    }
    assert all("SourceSecurityGroupId" in rule and rule["ToPort"] == 443 for rule in rules)


def test_tasks_answer_nobody_and_call_https_only(template):
    _, tasks = group(template, "Container tasks: no way in, HTTPS out")

    assert "SecurityGroupIngress" not in tasks["Properties"]
    assert [rule["ToPort"] for rule in tasks["Properties"]["SecurityGroupEgress"]] == [443]


def test_nobody_comes_to_the_bastion_where_there_is_no_entrance(template):
    _, bastion = group(template, BASTION)

    assert "SecurityGroupIngress" not in bastion["Properties"]


def test_the_bastion_reaches_no_address_of_the_internet(template):
    name, bastion = group(template, BASTION)
    rules = [
        rule["Properties"]
        for rule in template.find_resources("AWS::EC2::SecurityGroupEgress").values()
        if name in str(rule["Properties"]["GroupId"])
    ]

    assert "0.0.0.0/0" not in str(bastion)
    assert sorted(rule.get("DestinationPrefixListId", "the group of endpoints") for rule in rules) == [
        "pl-6ca54005",
        "the group of endpoints",
    ]
    assert ["CidrIp" in rule for rule in rules] == [False, False]


def test_ssh_comes_from_the_named_ranges_only(with_entrance):
    _, bastion = group(with_entrance, BASTION)

    assert [(rule["CidrIp"], rule["ToPort"]) for rule in bastion["Properties"]["SecurityGroupIngress"]] == [
        ("203.0.113.0/24", 22),
        ("198.51.100.0/24", 22),
    ]


def test_the_gateway_leads_to_the_named_ranges_only(with_entrance):
    routes = [route["Properties"] for route in with_entrance.find_resources("AWS::EC2::Route").values()]

    assert sorted(route["DestinationCidrBlock"] for route in routes) == 2 * ["198.51.100.0/24"] + 2 * [
        "203.0.113.0/24"
    ]


def test_an_entrance_gives_no_address_by_chance(with_entrance):
    subnets = with_entrance.find_resources("AWS::EC2::Subnet").values()

    assert len(subnets) == 2 * len(ZONES)
    assert {subnet["Properties"]["MapPublicIpOnLaunch"] for subnet in subnets} == {False}


def test_tasks_and_databases_do_not_stand_in_the_entrance(stack):
    network = new_network(stack, entrance_cidrs=("203.0.113.0/24",))

    assert {subnet.subnet_id for subnet in network.subnets} & {*network.entrance_subnet_ids} == set()
    assert len(network.subnets) == len(network.entrance_subnet_ids) == len(ZONES)


def test_an_entrance_moves_no_private_subnet(stack, template):
    other = cdk.Stack(cdk.App(), "Other", env=cdk.Environment(account="111111111111", region=REGION))
    new_network(other, entrance_cidrs=("203.0.113.0/24",))
    before, after = (
        {name: each["Properties"]["CidrBlock"] for name, each in found.find_resources(SUBNET).items()}
        for found in (template, Template.from_stack(other))
    )

    assert before.items() <= after.items()


def test_a_region_whose_prefix_list_nobody_wrote_down_is_refused():
    stack = cdk.Stack(cdk.App(), "Far", env=cdk.Environment(account="111111111111", region="eu-west-9"))

    with pytest.raises(UnknownPrefixListError, match="describe-managed-prefix-lists --region eu-west-9"):
        new_network(stack)


def test_all_flows_are_logged_under_the_key(template):
    template.has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "ALL"})
    (group,) = template.find_resources("AWS::Logs::LogGroup").values()

    assert group["Properties"]["RetentionInDays"] == 90
    assert "KmsKeyId" in group["Properties"]


def test_the_flow_log_role_writes_to_its_own_group_only(template):
    (policy,) = template.find_resources("AWS::IAM::ManagedPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]

    assert list(statement["Resource"]) == ["Fn::GetAtt"]


def test_an_existing_network_makes_nothing_but_groups(stack):
    network = ExistingNetwork(
        stack,
        "Network",
        vpc_id="vpc-0a1b2c3d",
        cidr="10.0.0.0/16",
        availability_zones=ZONES,
        subnet_ids=("subnet-0a1b2c3d", "subnet-1a1b2c3d"),
        route_table_ids=("rtb-0a1b2c3d", "rtb-1a1b2c3d"),
        public_subnet_ids=("subnet-2a1b2c3d", "subnet-3a1b2c3d"),
        entrance_cidrs=("203.0.113.0/24",),
    )
    resources = Template.from_stack(stack).to_json()["Resources"].values()

    assert {resource["Type"] for resource in resources} == {
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
    }
    assert network.entrance_subnet_ids == ("subnet-2a1b2c3d", "subnet-3a1b2c3d")
    assert [subnet.subnet_id for subnet in network.subnets] == ["subnet-0a1b2c3d", "subnet-1a1b2c3d"]
