"""The network of a platform deploys, describes what was asked for, and goes away."""

from __future__ import annotations

from typing import Any

import pytest


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def network(**changes: Any) -> dict[str, Any]:
    described = "HTTPS from the network's own tasks"
    resources = {
        "Vpc": {
            "Type": "AWS::EC2::VPC",
            "Properties": {"CidrBlock": "10.7.0.0/16", "EnableDnsSupport": True},
        },
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": ref("Vpc"),
                "CidrBlock": "10.7.0.0/24",
                "AvailabilityZone": "ap-southeast-2a",
                "Tags": [{"Key": "zone", "Value": "isolated"}],
            },
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": "tasks",
                "VpcId": ref("Vpc"),
                "SecurityGroupIngress": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 443,
                        "ToPort": 443,
                        "CidrIp": att("Vpc", "CidrBlock"),
                        "Description": described,
                    }
                ],
            },
        },
        "Rule": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": att("Group", "GroupId"),
                "IpProtocol": "tcp",
                "FromPort": 5439,
                "ToPort": 5439,
                "SourceSecurityGroupId": att("Group", "GroupId"),
                "Description": changes.get("rule", "among themselves"),
            },
        },
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": ref("Vpc"),
                "ServiceName": "com.amazonaws.ap-southeast-2.athena",
                "VpcEndpointType": "Interface",
                "SubnetIds": [ref("Subnet")],
                "SecurityGroupIds": [att("Group", "GroupId")],
                "PrivateDnsEnabled": True,
            },
        },
        "Ip": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
        "Nat": {
            "Type": "AWS::EC2::NatGateway",
            "Properties": {"SubnetId": ref("Subnet"), "AllocationId": att("Ip", "AllocationId")},
        },
        "FlowLog": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "ResourceId": ref("Vpc"),
                "ResourceType": "VPC",
                "TrafficType": "ALL",
                "LogGroupName": "flow",
                "MaxAggregationInterval": 60,
            },
        },
        "Acl": {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": ref("Vpc")}},
        "Entry": {
            "Type": "AWS::EC2::NetworkAclEntry",
            "Properties": {
                "NetworkAclId": ref("Acl"),
                "RuleNumber": 100,
                "Protocol": 6,
                "RuleAction": "allow",
                "CidrBlock": "10.7.0.0/16",
            },
        },
    }
    return {name: resources[name] for name in resources if name not in changes.get("without", ())}


@pytest.fixture(scope="module")
def stack(aws: Any) -> str:
    outputs = {
        "Cidr": {"Value": att("Vpc", "CidrBlock")},
        "Acl": {"Value": att("Vpc", "DefaultNetworkAcl")},
        "Dns": {"Value": {"Fn::Select": [0, att("Endpoint", "DnsEntries")]}},
        "Nat": {"Value": att("Nat", "NatGatewayId")},
    }
    return aws.deploy(network(), Outputs=outputs)


def test_templates_can_refer_to_the_attributes_of_a_network(aws, stack):
    outputs = aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    told = {entry["OutputKey"]: entry["OutputValue"] for entry in outputs}
    assert told["Cidr"] == "10.7.0.0/16"
    assert told["Acl"].startswith("acl-")
    assert told["Dns"].endswith(".athena.ap-southeast-2.vpce.amazonaws.com")


def test_inline_and_separate_rules_keep_their_descriptions(aws, stack):
    group = aws.resource(stack, "Group")
    [found] = aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    rules = {rule["FromPort"]: rule for rule in found["IpPermissions"]}
    assert rules[443]["IpRanges"][0] == {
        "CidrIp": "10.7.0.0/16",
        "Description": "HTTPS from the network's own tasks",
    }
    assert rules[5439]["UserIdGroupPairs"][0]["Description"] == "among themselves"


def test_nat_flow_log_and_network_acl_can_be_described(aws, stack):
    ec2 = aws.client("ec2")
    assert (
        ec2.describe_nat_gateways(NatGatewayIds=[aws.resource(stack, "Nat")])["NatGateways"][0]["State"]
        == "available"
    )
    [log] = ec2.describe_flow_logs(FlowLogIds=[aws.resource(stack, "FlowLog")])["FlowLogs"]
    assert log["LogDestination"] == "flow"
    [acl] = ec2.describe_network_acls(NetworkAclIds=[aws.resource(stack, "Acl")])["NetworkAcls"]
    assert 100 in [entry["RuleNumber"] for entry in acl["Entries"]]


def test_a_changed_description_changes_the_rule_and_a_removed_rule_goes(aws):
    name = aws.deploy(network())
    aws.deploy(network(rule="nobody else"), stack=name)
    group = aws.resource(name, "Group")
    [found] = aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    held = [pair["Description"] for rule in found["IpPermissions"] for pair in rule["UserIdGroupPairs"]]
    assert held == ["nobody else"]
    aws.deploy(network(without=("Rule", "Entry", "Nat")), stack=name)
    [found] = aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [rule["FromPort"] for rule in found["IpPermissions"]] == [443]
    aws.delete(name)
    assert group not in [g["GroupId"] for g in aws.client("ec2").describe_security_groups()["SecurityGroups"]]
