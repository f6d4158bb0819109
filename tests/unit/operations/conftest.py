"""An environment that a tunnel can be opened into: bastion, database and the role, as the platform deploys them."""

from __future__ import annotations

from typing import Any

import pytest

from local import process
from operations.connection import connect
from tests.unit.local.conftest import Aws
from tests.unit.local.ec2.conftest import att, bastion
from tests.unit.local.rds.conftest import database, rule


def allow(actions: list[str], resource: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def tunneler() -> dict[str, Any]:
    parameter = {
        "Fn::Sub": "arn:aws:ssm:${AWS::Region}:${AWS::AccountId}:parameter/ec2/keypair/${KeyPair.KeyPairId}"
    }
    statements = [
        allow(["ec2:DescribeInstances", "ec2:DescribeKeyPairs"], "*"),
        allow(["ssm:GetParameter"], parameter),
        allow(
            ["ec2:StartInstances"],
            {"Fn::Sub": "arn:aws:ec2:${AWS::Region}:${AWS::AccountId}:instance/${Host}"},
        ),
        allow(["rds:DescribeDBInstances"], att("Instance", "DBInstanceArn")),
    ]
    root = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": root}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": "dp-local-tunneler",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [
                {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}
            ],
        },
    }


def template(*, without: tuple[str, ...] = (), permit: Any = None) -> dict[str, Any]:
    open_to = permit or {
        "Fn::Join": [":", [att("Instance", "Endpoint.Address"), att("Instance", "Endpoint.Port")]]
    }
    script = {"Fn::Join": ["", ["#!/bin/bash\nAllowUsers tunnel\nPermitOpen ", open_to, "\n"]]}
    resources = {
        **bastion("dp-local-bastion", UserData={"Fn::Base64": script}),
        **database("dp-local-retail-shop", PubliclyAccessible=False),
        "FromBastion": rule("Ingress", "Database", SourceSecurityGroupId=att("Group", "GroupId")),
        "Tunneler": tunneler(),
    }
    resources["Subnet"]["Properties"]["CidrBlock"] = "10.9.7.0/24"
    return {name: each for name, each in resources.items() if name not in without}


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """Folder of the embedded AWS of a test module."""
    return tmp_path_factory.mktemp("aws")


@pytest.fixture(scope="module")
def tunnels(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tunnels")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DP_TUNNEL_STATE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def cloud(state):
    yield Aws(endpoint=process.start(state, auth=True))
    process.stop(state)


@pytest.fixture(scope="module")
def resources():
    return template()


@pytest.fixture(scope="module")
def stack(cloud, tunnels, resources):
    return cloud.deploy(resources)


@pytest.fixture(scope="module")
def connection(stack, state):
    return connect("local", state=state)
