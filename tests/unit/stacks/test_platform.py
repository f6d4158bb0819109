"""Wiring: which stacks an environment has, how they are named and protected, and what they hand on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import aws_cdk as cdk
import pytest

from environments import DEV
from environments.model import ExistingNetwork
from stacks.platform import PlatformStage

CONTEXT = json.loads((Path(__file__).resolve().parents[3] / "cdk.json").read_text())["context"]


def stage(environment, domains=()):
    app = cdk.App(context=CONTEXT, analytics_reporting=False, builtin_cloud_formation_validation=False)
    return PlatformStage(app, environment.name, environment=environment, domains=domains)


def test_every_stack_is_named_after_its_environment(assembly):
    assert [name for name in assembly.templates if not name.startswith(f"dp-{assembly.environment}-")] == []


def test_every_domain_has_a_lake(assembly):
    assert f"dp-{assembly.environment}-aviation-lake" in assembly.templates


@pytest.mark.parametrize(("environment", "protected"), [("prod", True), ("dev", False)])
def test_only_production_refuses_to_be_deleted(assembly_of, environment, protected):
    manifests = (assembly_of(environment).directory / f"assembly-{environment}").glob("manifest.json")
    stacks = [
        artifact["properties"]
        for manifest in manifests
        for artifact in json.loads(manifest.read_text())["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    ]

    assert {stack.get("terminationProtection", False) for stack in stacks} == {protected}


def test_every_stack_carries_the_tags_of_its_environment(assembly_of):
    manifest = json.loads((assembly_of("dev").directory / "assembly-dev" / "manifest.json").read_text())
    tags = [
        artifact["properties"]["tags"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    ]

    assert tags == [dict(DEV.tags)] * len(tags)


def test_the_account_stack_is_left_out_where_another_owns_the_settings():
    shared = dataclasses.replace(DEV, catalog=dataclasses.replace(DEV.catalog, lake_formation="existing"))

    assert stage(shared).node.try_find_child("Account") is None


def test_an_existing_network_needs_no_lookup():
    network = ExistingNetwork(
        vpc_id="vpc-0a1b2c3d",
        cidr="10.0.0.0/16",
        availability_zones=("ap-southeast-2a", "ap-southeast-2b"),
        subnet_ids=("subnet-0a1b2c3d", "subnet-0b1c2d3e"),
        route_table_ids=("rtb-0a1b2c3d", "rtb-0b1c2d3e"),
    )
    built = stage(dataclasses.replace(DEV, network=network)).synth()

    assert "missing" not in json.loads((Path(built.directory) / "manifest.json").read_text())


def test_two_environments_fit_in_one_account():
    app = cdk.App(context=CONTEXT, analytics_reporting=False, builtin_cloud_formation_validation=False)
    names = set()
    for name in ("one", "two"):
        PlatformStage(app, name, environment=dataclasses.replace(DEV, name=name), domains=())
    for nested in app.synth().nested_assemblies:
        names |= {stack.stack_name for stack in nested.nested_assembly.stacks}

    parts = {name: {stack.removeprefix(f"dp-{name}-") for stack in names} - names for name in ("one", "two")}
    assert parts["one"] == parts["two"]
    assert len(names) == 2 * len(parts["one"])


def test_nobody_is_granted_anything_by_default(assembly):
    assert assembly.of_type("AWS::LakeFormation::PrincipalPermissions")
    assert not [
        name
        for name, template in assembly.templates.items()
        for word in ("IAM_ALLOWED_PRINCIPALS", "IAMAllowedPrincipals", "AWS::LakeFormation::Permissions")
        if word in json.dumps(template)
    ]


def test_only_what_elevates_people_may_pass_on_what_it_holds(assembly):
    grants = assembly.of_type("AWS::LakeFormation::PrincipalPermissions")
    passing = {
        stack for (stack, _), each in grants.items() if each["Properties"]["PermissionsWithGrantOption"]
    }

    assert all(stack.endswith("-access") for stack in passing)


def test_new_databases_and_tables_belong_to_nobody(assembly):
    databases = assembly.of_type("AWS::Glue::Database").values()
    (settings,) = assembly.of_type("AWS::LakeFormation::DataLakeSettings").values()

    assert all(
        each["Properties"]["DatabaseInput"]["CreateTableDefaultPermissions"] == [] for each in databases
    )
    assert settings["Properties"]["CreateDatabaseDefaultPermissions"] == []
    assert settings["Properties"]["CreateTableDefaultPermissions"] == []


def test_every_tag_that_is_carried_or_granted_by_is_defined_before(assembly):
    known = {
        (tag["Properties"]["TagKey"], value)
        for tag in assembly.of_type("AWS::LakeFormation::Tag").values()
        for value in tag["Properties"]["TagValues"]
    }
    carried = [
        pair for each in assembly.of_type("AWS::LakeFormation::TagAssociation").values() for pair in each["Properties"]["LFTags"]
    ]  # fmt: skip
    granted = [
        term
        for each in assembly.of_type("AWS::LakeFormation::PrincipalPermissions").values()
        for term in each["Properties"]["Resource"].get("LFTagPolicy", {"Expression": []})["Expression"]
    ]

    assert carried
    assert granted
    assert {(pair["TagKey"], value) for pair in [*carried, *granted] for value in pair["TagValues"]} <= known
