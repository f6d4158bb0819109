"""The stack of access: who may take which role, what machines may grant, who is woken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_platform.access import access_plan
from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domains

DOMAINS = load_domains(Path(__file__).parents[3] / "domains")


def _named(resources, kind, name):
    found = [
        each["Properties"]
        for each in resources.values()
        if each["Type"] == kind
        and name in (each["Properties"].get("RoleName"), each["Properties"].get("TableName"))
    ]
    assert len(found) == 1, name
    return found[0]


def _prefix(resources):
    return "-".join(next(iter(resources)).split("-")[:2])


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_every_filter_of_rows_that_can_be_granted_exists(resources, domain):
    organisation, environment = _prefix(resources).split("-")
    account = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}.get(
        environment, "0" * 12
    )
    names = Naming(organisation=organisation, environment=environment, domain=domain.name, account=account)
    wanted = {
        (cells["DatabaseName"], cells["TableName"], cells["Name"])
        for roles in access_plan(domain, names).values()
        for role in roles.values()
        for table in role["tables"]
        if (cells := table["resource"].get("DataCellsFilter"))
    }
    made = {
        (each["Properties"]["DatabaseName"], each["Properties"]["TableName"], each["Properties"]["Name"])
        for each in resources.values()
        if each["Type"] == "AWS::LakeFormation::DataCellsFilter"
    }
    assert wanted <= made


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_whoever_is_elevated_is_the_person_whom_the_identity_provider_named(resources, domain):
    role = _named(resources, "AWS::IAM::Role", f"{_prefix(resources)}-{domain.name}-elevated")
    taken = [
        each for each in role["AssumeRolePolicyDocument"]["Statement"] if each["Action"] == "sts:AssumeRole"
    ]
    assert taken
    for statement in taken:
        condition = statement["Condition"]
        assert condition["StringLike"] == {"aws:SourceIdentity": "*@*"}
        assert condition["StringEquals"] == {
            "aws:RequestTag/requester": "${aws:SourceIdentity}",
            "sts:RoleSessionName": "${aws:SourceIdentity}",
        }


def test_no_session_brings_the_tag_by_which_results_are_told_apart(resources):
    trusting = [
        (name, statement)
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::Role"
        for statement in each["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if "TagSession" in json.dumps(statement["Action"]) or "*" in json.dumps(statement["Action"])
    ]
    assert len(trusting) == len(DOMAINS)
    for name, statement in trusting:
        assert "Elevated" in name
        assert statement["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": ["requester"]}


def test_whoever_is_elevated_reads_and_writes_the_own_results_only(resources):
    policies = [
        each["Properties"]
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::ManagedPolicy" and "ElevatedPolicy" in name
    ]
    assert len(policies) == len(DOMAINS)
    for policy in policies:
        assert policy["Roles"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert {"s3:GetObject", "s3:PutObject"} < set(statement["Action"])
        assert statement["NotResource"].endswith("/athena-results/elevated/${aws:SourceIdentity}/*")


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: domain.name)
def test_only_those_whom_a_contract_names_take_the_approvers_role(resources, domain):
    role = _named(resources, "AWS::IAM::Role", f"{_prefix(resources)}-{domain.name}-approver")
    named = {name.lower() for each in domain.datasets for grant in each.grants for name in grant.approvers}
    for statement in role["AssumeRolePolicyDocument"]["Statement"]:
        if statement["Action"] == "sts:AssumeRole":
            allowed = statement["Condition"]["StringEquals"]["aws:SourceIdentity"]
            assert ({allowed} if isinstance(allowed, str) else set(allowed)) == named


def test_people_write_items_under_their_own_identity_only(resources):
    policies = [
        statement
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::ManagedPolicy" and "-access/People" in name
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if "dynamodb:PutItem" in json.dumps(statement["Action"])
    ]
    assert len(policies) == len(DOMAINS)
    for statement in policies:
        assert statement["Action"] == "dynamodb:PutItem"
        assert statement["Condition"]["ForAllValues:StringEquals"] == {
            "dynamodb:LeadingKeys": ["${aws:SourceIdentity}"]
        }


def test_only_the_embedded_aws_has_somebody_who_signs_people_in(resources):
    sign_in = [
        name
        for name, each in resources.items()
        if each["Type"] == "AWS::IAM::Role" and each["Properties"].get("RoleName", "").endswith("-sign-in")
    ]
    assert bool(sign_in) == (_prefix(resources) == "dp-local")


def test_the_records_are_kept_restorable_and_never_expire(resources):
    tables = [
        each
        for each in resources.values()
        if each["Type"] == "AWS::DynamoDB::Table" and each["Properties"]["TableName"].endswith("-access")
    ]
    assert len(tables) == len(DOMAINS)
    for table in tables:
        properties = table["Properties"]
        assert "TimeToLiveSpecification" not in properties
        assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert properties["SSESpecification"]["SSEType"] == "KMS"
        assert properties["DeletionProtectionEnabled"] == (table["DeletionPolicy"] == "Retain")


def test_machines_may_grant_tables_by_name_only(resources):
    options = [
        each["Properties"]["Resource"]
        for each in resources.values()
        if each["Type"] == "AWS::LakeFormation::PrincipalPermissions"
        and each["Properties"].get("PermissionsWithGrantOption")
    ]
    assert options
    assert all(
        set(resource) == {"Table"} and "TableWildcard" not in resource["Table"] for resource in options
    )


def test_no_machine_is_an_administrator_of_lake_formation(resources):
    settings = [each for each in resources.values() if each["Type"] == "AWS::LakeFormation::DataLakeSettings"]
    assert settings
    assert "elevation" not in json.dumps(settings)
