"""The platform in a network that another team owns: nothing looked up, nothing open, nothing of that team's made."""

from __future__ import annotations

import json

import pytest


def test_it_synthesises(existing_network):
    assert existing_network.failure == ""


def test_no_finding_is_open(existing_network):
    assert [
        f"{finding['ruleName']} {place['constructPath']}"
        for finding in existing_network.findings()
        for place in finding["violatingConstructs"]
    ] == []


def test_no_pack_crashed(existing_network):
    crashed = [
        plugin["pluginName"]
        for plugin in existing_network.report["pluginReports"]
        if (plugin.get("metadata") or {}).get("error")
    ]

    assert crashed == []


def test_accepted_findings_come_from_packs_that_ran(existing_network):
    accepted = {finding["plugin"] for finding in existing_network.findings("suppressedViolations")}

    assert {"AwsSolutions", "HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321"} <= accepted


def test_nothing_was_looked_up(existing_network):
    manifest = existing_network.directory / "assembly-shared" / "manifest.json"

    assert "missing" not in json.loads(manifest.read_text())


@pytest.mark.parametrize(
    "kind",
    [
        "AWS::EC2::FlowLog",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::Subnet",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCEndpoint",
    ],
)
def test_what_is_the_other_teams_is_not_made(existing_network, kind):
    assert existing_network.of_type(kind) == {}


def test_databases_stand_in_the_private_subnets(existing_network):
    (group,) = existing_network.of_type("AWS::RDS::DBSubnetGroup").values()

    assert group["Properties"]["SubnetIds"] == [f"subnet-{n}a1b2c3d4e5f60718" for n in (0, 1, 4)]


def test_only_the_bastion_stands_in_a_public_subnet(existing_network):
    (host,) = existing_network.of_type("AWS::EC2::Instance").values()
    public = [
        place
        for place, resource in existing_network.resources.items()
        if "subnet-2a1b" in json.dumps(resource) or "subnet-3a1b" in json.dumps(resource)
    ]

    assert host["Properties"]["SubnetId"] == "subnet-2a1b2c3d4e5f60718"
    assert len(public) == 1
