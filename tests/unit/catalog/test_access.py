"""Workgroup, crawlers, locations, roles: who may do what, by name."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template
from people import dataset, grant

from data_platform.catalog import (
    AthenaAccess,
    ConsumerRole,
    DatasetQueries,
    RawCrawlers,
    Workgroup,
)

WHO = ["arn:aws:iam::111111111111:root"]


@pytest.fixture
def workgroup(stack, naming, key):
    return Workgroup(stack, "Workgroup", naming=naming, key=key, bytes_scanned_cutoff=10**9)


def _statements(stack):
    policies = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy").values()
    return [s for policy in policies for s in policy["Properties"]["PolicyDocument"]["Statement"]]


def _actions(stack):
    return {
        action
        for statement in _statements(stack)
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


def test_a_workgroup_enforces_place_encryption_and_the_limit(stack, workgroup):
    Template.from_stack(stack).has_resource_properties(
        "AWS::Athena::WorkGroup",
        {
            "WorkGroupConfiguration": Match.object_like(
                {
                    "EnforceWorkGroupConfiguration": True,
                    "BytesScannedCutoffPerQuery": 10**9,
                    "ResultConfiguration": Match.object_like(
                        {"EncryptionConfiguration": Match.object_like({"EncryptionOption": "SSE_KMS"})}
                    ),
                }
            )
        },
    )


def _data_access(stack):
    return iam.ManagedPolicy.from_managed_policy_name(stack, "DataAccess", "dp-dev-data-access")


@pytest.fixture
def crawlers(stack, aviation, naming, key):
    return RawCrawlers(
        stack,
        "Crawlers",
        datasets=aviation.datasets,
        naming=naming,
        data_access=_data_access(stack),
        log_key=key,
        log_retention_days=30,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def test_partitions_keep_the_columns_that_a_crawler_found(stack, aviation, crawlers):

    found = Template.from_stack(stack).find_resources("AWS::Glue::Crawler").values()
    assert len(found) == len(aviation.datasets)
    assert all("InheritFromTable" not in crawler["Properties"]["Configuration"] for crawler in found)
    assert all(json.loads(c["Properties"]["Configuration"])["Version"] == 1.0 for c in found)


def test_a_crawler_has_no_rights_on_files_and_reads_through_lake_formation(stack, crawlers):
    policies = Template.from_stack(stack).find_resources("AWS::IAM::ManagedPolicy")

    own = json.dumps([policy for name, policy in policies.items() if name.startswith("Crawlers")])
    assert "s3:GetObject" not in own
    assert "s3:PutObject" not in own
    found = Template.from_stack(stack).find_resources("AWS::Glue::Crawler").values()
    assert all(
        crawler["Properties"]["LakeFormationConfiguration"] == {"UseLakeFormationCredentials": True}
        for crawler in found
    )


def test_a_reader_has_no_rights_on_data_in_s3(stack, naming, key):
    AthenaAccess(stack, "Access", naming=naming, key=key)

    places = {
        str(resource)
        for statement in _statements(stack)
        if "s3:GetObject" in statement["Action"]
        for resource in [statement["Resource"]]
    }
    assert places == {"arn:aws:s3:::dp-dev-aviation-sandbox-111111111111-ap-southeast-2/athena-results/*"}


def test_only_tables_entries_are_written_with_the_policies_to_write(stack, naming, key):
    AthenaAccess(stack, "Access", naming=naming, key=key)

    writing = [s for s in _statements(stack) if "glue:UpdateTable" in s["Action"]]
    assert len(writing) == 2
    assert all(
        resource.split(":")[5].split("/")[0] in {"catalog", "database", "table"}
        for statement in writing
        for resource in statement["Resource"]
    )
    assert not any("_raw" in resource for statement in writing for resource in statement["Resource"])


def test_a_consumer_role_is_taken_only_by_named_principals(stack, naming, key):
    access = AthenaAccess(stack, "Access", naming=naming, key=key)
    ConsumerRole(stack, "Analyst", duty="analyst", naming=naming, principals=WHO, policies=[access.policy])

    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Role",
        {
            "RoleName": "dp-dev-aviation-analyst",
            "AssumeRolePolicyDocument": Match.object_like(
                {
                    "Statement": Match.array_with(
                        [Match.object_like({"Action": "sts:AssumeRole", "Principal": {"AWS": WHO[0]}})]
                    )
                }
            ),
        },
    )


def test_every_dataset_has_its_questions_saved(stack, flights, naming, workgroup):
    DatasetQueries(stack, "Queries", dataset=flights, naming=naming, workgroup=workgroup)

    Template.from_stack(stack).resource_count_is("AWS::Athena::NamedQuery", 2)


def _questions(stack):
    found = Template.from_stack(stack).find_resources("AWS::Athena::NamedQuery").values()
    return " ".join(query["Properties"]["QueryString"] for query in found)


def test_saved_questions_show_what_was_quarantined_to_those_who_all_may_see_it(
    stack, flights, naming, workgroup
):
    DatasetQueries(stack, "Queries", dataset=flights, naming=naming, workgroup=workgroup)

    assert '"_value"' in _questions(stack)


def test_saved_questions_name_no_column_that_is_hidden_from_somebody(stack, naming, workgroup):
    person = dataset("customers", grant("engineer", "staged", "curated"))
    DatasetQueries(stack, "Queries", dataset=person, naming=naming, workgroup=workgroup)

    assert '"_value"' not in _questions(stack)
    assert '"name"' not in _questions(stack)
