"""Tags on databases, tables and columns; grants that go by them; filters of rows and columns."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template
from people import SEES_ALL, dataset, domain, grant

from data_platform.catalog import (
    READ,
    Databases,
    DatabaseTags,
    IcebergTable,
    LakeGrants,
    LakeTags,
    RunTableTags,
    TableTags,
)
from data_platform.contracts.lake_rights import consumer_rights
from data_platform.contracts.sensitivity import domain_sensitivity

CUSTOMERS = dataset(
    "customers",
    grant("analyst", "curated", row_filter="carrier = 'UA'"),
    grant("steward", "curated", sees=SEES_ALL),
    grant("engineer", "curated"),
)
PEOPLE = domain(CUSTOMERS)


def _found(stack, kind):
    resources = Template.from_stack(stack).find_resources(f"AWS::LakeFormation::{kind}")
    return [resource["Properties"] for resource in resources.values()]


def _by(stack, kind):
    """What is granted as a resource of that kind."""
    found = [each["Resource"] for each in _found(stack, "PrincipalPermissions")]
    return [resource for resource in found if kind in resource]


def _carried(association):
    return {pair["TagKey"].removeprefix("dp-dev-"): pair["TagValues"] for pair in association["LFTags"]}


@pytest.fixture
def databases(stack, naming):
    return Databases(stack, "Databases", naming=naming)


def _tags_of(stack, naming, databases, kind, contract=CUSTOMERS):
    table = IcebergTable(
        stack,
        "Table",
        dataset=contract,
        kind=kind,
        naming=naming,
        database=databases.by_zone["curated" if kind == "curated" else "staged"],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    TableTags(
        stack,
        "Tags",
        dataset=contract,
        kind=kind,
        inherited=domain_sensitivity(domain(contract)),
        naming=naming,
        table=table,
    )
    return _found(stack, "TagAssociation")


@pytest.fixture
def grants(stack, naming):
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    return LakeGrants(stack, "Grants", role=role, naming=naming)


def test_the_environment_is_part_of_every_key(stack, naming):
    LakeTags(stack, "Tags", prefix="dp-dev", domains=["retail", "aviation"])

    values = {tag["TagKey"]: tag["TagValues"] for tag in _found(stack, "Tag")}
    assert values[naming.lf_tag("domain")] == ["aviation", "retail"]
    assert values[naming.lf_tag("classification")] == ["public", "internal", "confidential", "restricted"]
    assert set(values) == {naming.lf_tag(key) for key in ("classification", "domain", "pii", "rows", "zone")}


def test_a_database_is_as_sensitive_as_what_may_be_derived_in_it(stack, naming, databases):
    DatabaseTags(stack, "Tags", domain=PEOPLE, naming=naming, databases=databases.by_zone)

    found = {each["Resource"]["Database"]["Name"]: _carried(each) for each in _found(stack, "TagAssociation")}
    assert set(found) == {naming.database(zone) for zone in ("raw", "discovered", "staged", "curated")}
    assert found["dp_dev_aviation_curated"] == {
        "classification": ["confidential"], "domain": ["aviation"], "pii": ["true"], "rows": ["all"], "zone": ["curated"],
    }  # fmt: skip


def test_only_columns_that_differ_from_their_table_are_tagged(stack, naming, databases):
    by_table, by_column = {}, {}
    for each in _tags_of(stack, naming, databases, "curated"):
        if "Table" in each["Resource"]:
            by_table |= _carried(each)
        else:
            by_column |= dict.fromkeys(
                each["Resource"]["TableWithColumns"]["ColumnNames"], _carried(each)["classification"]
            )

    assert by_table == {"rows": ["filtered"]}
    assert by_column["carrier"] == by_column["_ingest_date"] == ["internal"]
    assert "name" not in by_column


@pytest.mark.parametrize("kind", ["candidate", "quarantine"])
def test_what_a_run_sets_aside_is_in_a_zone_of_its_own(stack, naming, databases, kind):
    found = [_carried(each) for each in _tags_of(stack, naming, databases, kind)]

    assert {"zone": [kind]} in found


def test_a_table_is_tagged_after_it_is_made_and_one_tag_after_the_other(stack, naming, databases):
    _tags_of(stack, naming, databases, "quarantine")

    resources = Template.from_stack(stack).to_json()["Resources"]
    tags = {name: each for name, each in resources.items() if each["Type"].endswith("TagAssociation")}
    (table,) = (name for name, each in resources.items() if each["Type"] == "AWS::Glue::Table")
    waits = {name: set(each["DependsOn"]) for name, each in tags.items()}
    assert sum(table in names for names in waits.values()) == 1
    assert sum(bool(names & set(tags)) for names in waits.values()) == len(tags) - 1


def test_a_grant_by_tag_stays_within_its_domain_and_never_reaches_filtered_rows(stack, grants):
    grants.tables(["curated"], *READ, classifications=["public", "internal"])

    (found,) = _found(stack, "PrincipalPermissions")
    assert found["Resource"]["LFTagPolicy"]["ResourceType"] == "TABLE"
    assert {t["TagKey"]: t["TagValues"] for t in found["Resource"]["LFTagPolicy"]["Expression"]} == {
        "dp-dev-classification": ["public", "internal"],
        "dp-dev-domain": ["aviation"],
        "dp-dev-rows": ["all"],
        "dp-dev-zone": ["curated"],
    }


def test_grants_are_made_one_after_the_other(stack, naming, grants):
    grants.databases(["curated"], "DESCRIBE")
    grants.tables(["curated"], *READ)
    other = iam.Role(stack, "Other", assumed_by=iam.AccountRootPrincipal())
    LakeGrants(stack, "Others", role=other, naming=naming, after=[grants]).databases(["raw"], "DESCRIBE")

    resources = Template.from_stack(stack).find_resources("AWS::LakeFormation::PrincipalPermissions")
    waits = [set(each.get("DependsOn", ())) & set(resources) for each in resources.values()]
    assert sorted(len(names) for names in waits) == [0, 1, 2]


def test_grants_are_never_grantable_and_never_for_everybody(stack, grants):
    grants.consumer(consumer_rights(PEOPLE, "engineer"))
    grants.location("raw")

    found = _found(stack, "PrincipalPermissions")
    assert found
    assert all(each["PermissionsWithGrantOption"] == [] for each in found)
    assert "IAM_ALLOWED_PRINCIPALS" not in json.dumps(found)


def test_some_rows_of_a_table_are_granted_through_a_filter_that_hides_columns_too(stack, grants):
    grants.consumer(consumer_rights(PEOPLE, "analyst"))

    Template.from_stack(stack).has_resource_properties(
        "AWS::LakeFormation::DataCellsFilter",
        {
            "DatabaseName": "dp_dev_aviation_curated",
            "TableName": "customers",
            "Name": "customers_analyst",
            "RowFilter": {"FilterExpression": "carrier = 'UA'"},
            "ColumnWildcard": {"ExcludedColumnNames": Match.array_with(["name"])},
        },
    )
    assert [each["DataCellsFilter"]["Name"] for each in _by(stack, "DataCellsFilter")] == [
        "customers_analyst"
    ]
    assert not _by(stack, "Table")
    assert not _by(stack, "TableWithColumns")


def test_all_rows_of_a_filtered_table_are_granted_by_name_without_hidden_columns(stack, grants):
    grants.consumer(consumer_rights(PEOPLE, "engineer"))

    (select,) = _by(stack, "TableWithColumns")
    hidden = select["TableWithColumns"]["ColumnWildcard"]["ExcludedColumnNames"]
    assert "name" in hidden
    assert "carrier" not in hidden


def test_a_table_of_the_platform_is_read_by_runs_alone(stack, naming, databases):
    RunTableTags(stack, "Tags", name="erasure_register", naming=naming, table=databases.by_zone["staged"])

    (found,) = _found(stack, "TagAssociation")
    assert found["Resource"]["Table"]["Name"] == "erasure_register"
    assert _carried(found) == {"zone": ["candidate"]}
