"""Workgroup, crawlers, locations, roles: who may do what, by name."""

from __future__ import annotations

import dataclasses
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
    OwnTables,
    RawCrawlers,
    Workgroup,
)
from data_platform.contracts.naming import Naming
from data_platform.duty import OWN_DOMAIN

SANDBOX = "dp-dev-aviation-sandbox-111111111111-ap-southeast-2"
WHO = ["arn:aws:iam::111111111111:root"]


@pytest.fixture
def workgroup(stack, naming, key):
    return _workgroup(stack, naming, key, "analyst")


def _workgroup(stack, naming, key, duty, **more):
    name = f"{duty.title()}Workgroup"
    return Workgroup(stack, name, naming=naming, duty=duty, key=key, bytes_scanned_cutoff=10**9, **more)


@pytest.fixture
def workgroups(stack, naming, key, workgroup):
    others = {duty: _workgroup(stack, naming, key, duty) for duty in ("engineer", "steward")}
    return {"analyst": workgroup, **others}


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
            "Name": "dp-dev-aviation-analyst",
            "WorkGroupConfiguration": Match.object_like(
                {
                    "EnforceWorkGroupConfiguration": True,
                    "BytesScannedCutoffPerQuery": 10**9,
                    "ResultConfiguration": Match.object_like(
                        {
                            "EncryptionConfiguration": Match.object_like({"EncryptionOption": "SSE_KMS"}),
                            "OutputLocation": f"s3://{SANDBOX}/athena-results/analyst/",
                        }
                    ),
                }
            ),
        },
    )


def test_a_query_names_its_place_only_where_people_of_one_duty_see_different_things(stack, naming, key):
    _workgroup(stack, naming, key, "elevated", place_of_each=True)

    Template.from_stack(stack).has_resource_properties(
        "AWS::Athena::WorkGroup",
        {"WorkGroupConfiguration": Match.object_like({"EnforceWorkGroupConfiguration": False})},
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


def _own_tables(stack):
    own = Naming(organisation="dp", environment="dev", domain=OWN_DOMAIN, account="111111111111")
    OwnTables(stack, "OwnTables", naming=own)


def test_a_role_sees_tables_of_the_domain_that_its_tag_names_and_of_no_other(stack):
    _own_tables(stack)

    named = {
        resource.split(":", maxsplit=5)[5]
        for statement in _statements(stack)
        if any(action.startswith("glue:") for action in statement["Action"])
        for resource in statement["Resource"]
    }
    own = "dp_dev_${aws:PrincipalTag/domain}"
    assert named == {
        "catalog",
        *(f"database/{own}_{zone}" for zone in ("raw", "staged", "curated")),
        *(f"table/{own}_{zone}/*" for zone in ("raw", "staged", "curated")),
    }


def test_a_reader_has_no_rights_on_data_in_s3(stack, naming, key):
    AthenaAccess(stack, "Access", naming=naming, key=key)
    _own_tables(stack)

    places = {
        str(resource)
        for statement in _statements(stack)
        if "s3:GetObject" in statement["Action"]
        for resource in [statement["Resource"]]
    }
    own = SANDBOX.replace("aviation", "${aws:PrincipalTag/domain}")
    assert places == {f"arn:aws:s3:::{own}/athena-results/${{aws:PrincipalTag/duty}}/*"}


def test_a_reader_asks_in_the_workgroup_of_its_own_duty_only(stack, naming, key):
    AthenaAccess(stack, "Access", naming=naming, key=key)

    (asking,) = [s for s in _statements(stack) if "athena:StartQueryExecution" in s["Action"]]
    place = "arn:aws:athena:ap-southeast-2:111111111111:workgroup"
    assert asking["Resource"] == f"{place}/dp-dev-aviation-${{aws:PrincipalTag/duty}}"


def test_only_tables_entries_are_written_with_the_policies_to_write(stack):
    _own_tables(stack)

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
            "ManagedPolicyArns": Match.array_with(["arn:aws:iam::111111111111:policy/dp-dev-own-tables"]),
            "Tags": [{"Key": "domain", "Value": "aviation"}, {"Key": "duty", "Value": "analyst"}],
            "AssumeRolePolicyDocument": Match.object_like(
                {
                    "Statement": Match.array_with(
                        [Match.object_like({"Action": "sts:AssumeRole", "Principal": {"AWS": WHO[0]}})]
                    )
                }
            ),
        },
    )


def _questions(stack):
    """The SQL of the saved questions by workgroup."""
    found = {}
    for query in Template.from_stack(stack).find_resources("AWS::Athena::NamedQuery").values():
        found.setdefault(query["Properties"]["WorkGroup"], []).append(query["Properties"]["QueryString"])
    return {group.removeprefix("dp-dev-aviation-"): " ".join(sql) for group, sql in found.items()}


def test_each_role_finds_the_questions_of_the_zones_that_it_reads(stack, flights, naming, workgroups):
    DatasetQueries(stack, "Queries", dataset=flights, naming=naming, workgroups=workgroups)

    reads = {grant.role: grant.zones for grant in flights.grants}
    found = _questions(stack)
    assert set(found) == set(reads)
    for role, zones in reads.items():
        assert ("_quarantine" in found[role]) == ("staged" in zones)
        assert ("LIMIT 100" in found[role]) == ("curated" in zones)


def test_saved_questions_show_what_was_quarantined_to_who_may_see_it(stack, flights, naming, workgroups):
    DatasetQueries(stack, "Queries", dataset=flights, naming=naming, workgroups=workgroups)

    assert '"_value"' in _questions(stack)["engineer"]


def test_saved_questions_name_no_column_that_is_hidden_from_who_asks_them(stack, naming, workgroups):
    everything = dataclasses.replace(
        grant("steward", "staged", "curated"),
        classifications=("public", "internal", "confidential", "restricted"),
    )
    person = dataset("customers", grant("engineer", "staged", "curated"), everything)
    DatasetQueries(stack, "Queries", dataset=person, naming=naming, workgroups=workgroups)

    found = _questions(stack)
    assert '"_value"' not in found["engineer"]
    assert '"name"' not in found["engineer"]
    assert '"_value"' in found["steward"]


def test_who_sees_some_rows_only_is_offered_no_question_on_rejected_rows(stack, naming, workgroups):
    some = dataclasses.replace(grant("analyst", "staged", "curated"), row_filter="state = 'VIC'")
    DatasetQueries(stack, "Queries", dataset=dataset("customers", some), naming=naming, workgroups=workgroups)

    assert "_quarantine" not in _questions(stack)["analyst"]
