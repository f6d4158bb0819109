"""Tags on databases, tables and columns; grants that go by them; filters of rows and columns."""

from __future__ import annotations

import json

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Match, Template
from people import SEES_ALL, dataset, domain, grant
from stream_rows import things

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


def _by_column(associations):
    return {
        column: _carried(each)["classification"]
        for each in associations
        if "TableWithColumns" in each["Resource"]
        for column in each["Resource"]["TableWithColumns"]["ColumnNames"]
    }


def test_every_column_says_itself_how_sensitive_it_is(stack, naming, databases):
    found = _tags_of(stack, naming, databases, "curated")

    columns = _by_column(found)
    assert columns["carrier"] == columns["_ingest_date"] == ["internal"]
    assert columns["name"] == ["confidential"]
    named = [
        name for each in found for name in each["Resource"].get("TableWithColumns", {}).get("ColumnNames", ())
    ]
    assert sorted(named) == sorted(columns)


def test_a_table_of_which_somebody_sees_only_some_rows_is_tagged_so(stack, naming, databases):
    found = _tags_of(stack, naming, databases, "curated")

    assert [_carried(each) for each in found if "Table" in each["Resource"]] == [{"rows": ["filtered"]}]


def test_tags_that_may_change_are_overwritten_and_never_taken_away(stack, naming, databases):
    DatabaseTags(stack, "Databases2", domain=PEOPLE, naming=naming, databases=databases.by_zone)
    _tags_of(stack, naming, databases, "quarantine")

    found = Template.from_stack(stack).find_resources("AWS::LakeFormation::TagAssociation").values()
    kept = {
        ("classification" in _carried(each["Properties"]), each.get("UpdateReplacePolicy")) for each in found
    }
    assert kept == {(True, "Retain"), (False, None)}


def test_nobody_but_the_pipeline_reads_candidates_so_their_columns_say_nothing(stack, naming, databases):
    assert _by_column(_tags_of(stack, naming, databases, "candidate")) == {}


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
            "Name": Match.string_like_regexp("^customers_analyst_[0-9a-f]{8}$"),
            "RowFilter": {"FilterExpression": "carrier = 'UA'"},
            "ColumnWildcard": {"ExcludedColumnNames": Match.array_with(["name"])},
        },
    )
    (cells,) = _found(stack, "DataCellsFilter")
    assert [each["DataCellsFilter"]["Name"] for each in _by(stack, "DataCellsFilter")] == [cells["Name"]]
    assert not _by(stack, "Table")
    assert not _by(stack, "TableWithColumns")


def test_all_rows_of_a_filtered_table_are_granted_without_hidden_columns(stack, grants):
    grants.consumer(consumer_rights(PEOPLE, "engineer"))

    (cells,) = _found(stack, "DataCellsFilter")
    assert cells["RowFilter"] == {"AllRowsWildcard": {}}
    assert "name" in cells["ColumnWildcard"]["ExcludedColumnNames"]
    assert "carrier" not in cells["ColumnWildcard"]["ExcludedColumnNames"]
    assert not _by(stack, "Table")


def test_who_sees_all_of_a_filtered_table_is_granted_the_table(stack, grants):
    grants.consumer(consumer_rights(PEOPLE, "steward"))

    assert [each["Table"]["Name"] for each in _by(stack, "Table")] == ["customers"]
    assert not _found(stack, "DataCellsFilter")


def test_another_filter_has_another_name_as_it_is_made_before_the_old_one_goes(stack, naming):
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    for state in ("UA", "AA"):
        other = dataset("customers", grant("analyst", "curated", row_filter=f"carrier = '{state}'"))
        LakeGrants(stack, state, role=role, naming=naming).consumer(consumer_rights(domain(other), "analyst"))

    assert len({cells["Name"] for cells in _found(stack, "DataCellsFilter")}) == 2


def test_a_table_of_the_platform_is_read_by_runs_alone(stack, naming, databases):
    RunTableTags(stack, "Tags", name="erasure_register", naming=naming, table=databases.by_zone["staged"])

    (found,) = _found(stack, "TagAssociation")
    assert found["Resource"]["Table"]["Name"] == "erasure_register"
    assert _carried(found) == {"zone": ["candidate"]}


def test_only_what_loads_a_stream_reads_the_keys_of_its_deletions(stack, naming, databases):
    _tags_of(stack, naming, databases, "deleted", things())

    (carried,) = [_carried(each) for each in _found(stack, "TagAssociation")]
    assert carried == {"zone": ["candidate"]}
