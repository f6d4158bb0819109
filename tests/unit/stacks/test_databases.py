"""Which databases and which bastion an environment has, and who reaches what, as its templates say."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from data_platform.contracts.odcs import load_domains
from environments import DEV, ENVIRONMENTS
from stacks.platform import PlatformStage

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = {environment.name: environment for environment in ENVIRONMENTS}
OVER_SESSION_MANAGER = [each.name for each in ENVIRONMENTS if each.bastion and each.bastion.mode == "ssm"]


@pytest.fixture
def settings(assembly):
    return SETTINGS[assembly.environment]


@pytest.fixture
def databases(assembly):
    return assembly.templates[f"dp-{assembly.environment}-retail-databases"]


@pytest.fixture
def foundation(assembly):
    return assembly.templates[f"dp-{assembly.environment}-foundation"]


@pytest.fixture
def bastion(assembly):
    return assembly.templates[f"dp-{assembly.environment}-bastion"]


def of_type(template, kind):
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def test_every_database_of_the_settings_is_an_instance(assembly, settings):
    made = {
        each["Properties"]["DBInstanceIdentifier"]
        for each in assembly.of_type("AWS::RDS::DBInstance").values()
    }

    assert made == {f"dp-{settings.name}-{each.domain}-{each.name}" for each in settings.databases}


def test_a_domain_without_databases_has_no_stack_for_them(assembly):
    assert [name for name in assembly.templates if name.endswith("-databases")] == [
        f"dp-{assembly.environment}-retail-databases"
    ]


def test_a_database_is_under_the_key_of_its_domain(assembly, databases):
    (instance,) = of_type(databases, "AWS::RDS::DBInstance")

    assert instance["KmsKeyId"]["Fn::GetStackOutput"]["StackName"] == f"dp-{assembly.environment}-retail-lake"


def test_the_outputs_tell_where_it_is_and_where_its_secret_is_but_no_password(databases):
    told = {name for name in databases["Outputs"] if name.startswith("Shop")}

    assert told == {"ShopHost", "ShopPort", "ShopSecretArn"}


def test_nobody_but_the_bastion_and_the_extractor_is_let_in(databases):
    rules = of_type(databases, "AWS::EC2::SecurityGroupIngress")
    sources = [rule["SourceSecurityGroupId"]["Fn::GetStackOutput"]["OutputName"] for rule in rules]

    assert len(rules) == 2
    assert ["GroupsBastion" in source for source in sorted(sources)] == [True, False]
    assert ["GroupsExtractors" in source for source in sorted(sources)] == [False, True]


def test_the_bastion_forwards_to_each_database_and_to_nothing_else(bastion, settings):
    (host,) = of_type(bastion, "AWS::EC2::Instance")
    pieces = host["UserData"]["Fn::Base64"]["Fn::Join"][1]
    start = next(number for number, piece in enumerate(pieces) if str(piece).endswith("\nPermitOpen "))
    end = next(number for number, piece in enumerate(pieces) if str(piece).startswith("\nPermitTTY no"))
    forwards = pieces[start + 1 : end]

    assert [piece for piece in forwards if isinstance(piece, str)] == (
        [":"] if len(settings.databases) == 1 else [":", " "] * len(settings.databases)
    )
    assert [piece["Fn::GetStackOutput"]["StackName"] for piece in forwards if isinstance(piece, dict)] == [
        f"dp-{settings.name}-retail-databases"
    ] * (2 * len(settings.databases))


@pytest.mark.parametrize("assembly", OVER_SESSION_MANAGER, indirect=True)
def test_over_session_manager_the_bastion_stands_in_a_private_subnet_without_a_way_in(
    assembly, foundation, bastion
):
    (host,) = of_type(bastion, "AWS::EC2::Instance")
    (group,) = (
        each
        for each in of_type(foundation, "AWS::EC2::SecurityGroup")
        if each["GroupDescription"].startswith("Bastion")
    )

    assert "PrivateSubnet" in host["SubnetId"]["Fn::GetStackOutput"]["OutputName"]
    assert "SecurityGroupIngress" not in group
    assert not assembly.of_type("AWS::EC2::EIP", "AWS::EC2::InternetGateway", "AWS::EC2::Route")


@pytest.mark.parametrize("assembly", OVER_SESSION_MANAGER, indirect=True)
def test_over_session_manager_the_network_has_its_endpoints(foundation):
    services = {
        each["ServiceName"] for each in of_type(foundation, "AWS::EC2::VPCEndpoint") if "SubnetIds" in each
    }

    assert {"com.amazonaws.ap-southeast-2.ssm", "com.amazonaws.ap-southeast-2.ssmmessages"} <= services


def test_over_its_address_ssh_comes_from_the_ranges_of_the_settings(assembly_of):
    assembly, settings = assembly_of("local"), SETTINGS["local"]
    foundation = assembly.templates["dp-local-foundation"]
    (group,) = (
        each
        for each in of_type(foundation, "AWS::EC2::SecurityGroup")
        if each["GroupDescription"].startswith("Bastion")
    )
    routes = {route["DestinationCidrBlock"] for route in of_type(foundation, "AWS::EC2::Route")}

    assert [(rule["CidrIp"], rule["FromPort"]) for rule in group["SecurityGroupIngress"]] == [
        (cidr, 22) for cidr in settings.bastion.allowed_cidrs
    ]
    assert routes == {*settings.bastion.allowed_cidrs}
    assert len(assembly.of_type("AWS::EC2::EIP")) == 1


def test_the_clock_stops_the_bastion_where_the_settings_say_when(bastion, settings):
    schedules = of_type(bastion, "AWS::Scheduler::Schedule")

    assert len(schedules) == (settings.bastion.stop_at is not None)


def test_the_sessions_of_the_bastion_are_kept_in_the_store(assembly):
    audit = assembly.templates[f"dp-{assembly.environment}-audit"]
    groups = {each["LogGroupName"] for each in of_type(audit, "AWS::Logs::LogGroup")}
    statements = [
        statement
        for policy in of_type(audit, "AWS::S3::BucketPolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "SessionHistoryAdds"
    ]

    assert f"/dp-{assembly.environment}/bastion" in groups
    assert [statement["Action"] for statement in statements] == ["s3:PutObject"]
    assert "/sessions/*" in json.dumps(statements)


def test_no_role_but_the_tunneler_reads_the_private_key(assembly):
    readers = [
        (stack, logical_id)
        for (stack, logical_id), policy in assembly.of_type("AWS::IAM::ManagedPolicy").items()
        if "-boundary" not in stack
        and "ssm:GetParameter" in json.dumps(policy["Properties"]["PolicyDocument"])
    ]

    assert [stack for stack, _ in readers] == [f"dp-{assembly.environment}-bastion"]


def test_without_a_bastion_nobody_but_extractors_is_let_in():
    app = cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
    )
    retail = [domain for domain in load_domains(ROOT / "domains") if domain.name == "retail"]
    stage = PlatformStage(app, "dev", environment=dataclasses.replace(DEV, bastion=None), domains=retail)
    template = stage.synth().get_stack_by_name("dp-dev-retail-databases").template
    rules = of_type(template, "AWS::EC2::SecurityGroupIngress")

    assert ["GroupsExtractors" in json.dumps(rule["SourceSecurityGroupId"]) for rule in rules] == [True]
    assert stage.node.try_find_child("Bastion") is None
