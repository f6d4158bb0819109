"""Tags, filters and grants of a template decide what a role sees, and stop deciding when they leave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

EVERY_ROW = {"RowFilter": {"AllRowsWildcard": {}}}


@dataclass
class Governed:
    """A stack over the table `people` of a place, whose role is the place's reader."""

    place: Any
    stack: str | None = None

    def deploy(self, **resources: dict[str, Any]) -> None:
        made = {
            name: {**body, "Type": f"AWS::LakeFormation::{body['Type']}"} for name, body in resources.items()
        }
        self.stack = self.place.aws.deploy(made, stack=self.stack)

    def grant(self, after: str, **resource: Any) -> dict[str, Any]:
        return {
            "Type": "PrincipalPermissions",
            "DependsOn": after,
            "Properties": {
                "Principal": {"DataLakePrincipalIdentifier": self.place.reader},
                "Resource": resource,
                "Permissions": ["SELECT"],
                "PermissionsWithGrantOption": [],
            },
        }

    def cells(self, name: str = "own", **content: Any) -> dict[str, Any]:
        """A filter, granted to the role."""
        key = {
            "TableCatalogId": self.place.aws.endpoint.account,
            "DatabaseName": self.place.database,
            "TableName": "people",
            "Name": name,
        }
        return {
            "Cells": {"Type": "DataCellsFilter", "Properties": {**key, **content}},
            "Grant": self.grant("Cells", DataCellsFilter=key),
        }

    def tags(self, key: str, value: str, *columns: str) -> dict[str, Any]:
        """A tag on columns, and a grant of what carries `low`."""
        table = {"CatalogId": self.place.aws.endpoint.account, **self.place.table}
        pair = {"CatalogId": self.place.aws.endpoint.account, "TagKey": key, "TagValues": [value]}
        policy = {"ResourceType": "TABLE", "Expression": [{"TagKey": key, "TagValues": ["low"]}]}
        association = {
            "Resource": {"TableWithColumns": {**table, "ColumnNames": list(columns)}},
            "LFTags": [pair],
        }
        return {
            "Tag": {"Type": "Tag", "Properties": {"TagKey": key, "TagValues": ["low", "high"]}},
            "Tagged": {"Type": "TagAssociation", "DependsOn": "Tag", "Properties": association},
            "Grant": self.grant("Tagged", LFTagPolicy=policy),
        }


@pytest.fixture
def governed(place):
    made = Governed(place)
    yield made
    if made.stack:
        place.aws.delete(made.stack)


def test_a_filter_shows_the_columns_that_the_template_names(governed):
    governed.deploy(**governed.cells(**EVERY_ROW, ColumnNames=["id", "name"]))
    assert governed.place.columns() == ["id", "name"]


def test_a_filter_hides_the_columns_that_the_template_excludes(governed):
    excluded = {"ExcludedColumnNames": ["born", "paid"]}
    governed.deploy(**governed.cells(**EVERY_ROW, ColumnWildcard=excluded))
    assert governed.place.columns() == ["id", "name", "state", "year"]


def test_the_row_filter_of_a_template_is_in_force(governed):
    place = governed.place
    governed.deploy(**governed.cells(RowFilter={"FilterExpression": "state = 'VIC'"}, ColumnWildcard={}))
    assert place.columns() == ["id", "name", "state", "born", "paid", "year"]
    refused = place.refusal(place.glue.get_partitions, DatabaseName=place.database, TableName="people")
    assert "Required Select on people (all columns and rows" in refused


def test_an_unsound_row_filter_fails_the_stack_with_the_reason(governed):
    with pytest.raises(AssertionError, match="the table has no column"):
        governed.deploy(**governed.cells(RowFilter={"FilterExpression": "nowhere = 1"}, ColumnWildcard={}))


def test_a_filter_that_changes_needs_a_new_name_as_on_aws(governed):
    governed.deploy(**governed.cells(**EVERY_ROW, ColumnNames=["id"]))
    with pytest.raises(AssertionError, match="Give it another name"):
        governed.deploy(**governed.cells(**EVERY_ROW, ColumnNames=["name"]))
    assert governed.place.columns() == ["id"]
    governed.deploy(**governed.cells("renamed", **EVERY_ROW, ColumnNames=["name"]))
    assert governed.place.columns() == ["name"]


def test_tags_of_a_template_decide_by_column_and_follow_its_changes(governed):
    key = f"secrecy{governed.place.database}"
    governed.deploy(**governed.tags(key, "low", "id", "name"))
    assert governed.place.columns() == ["id", "name"]
    governed.deploy(**governed.tags(key, "low", "id", "paid"))
    assert governed.place.columns() == ["id", "paid"]
    governed.deploy(**governed.tags(key, "high", "id", "paid"))
    assert "Insufficient" in governed.place.refusal(governed.place.columns)


def test_what_leaves_the_template_decides_no_more(governed):
    key = f"secrecy{governed.place.database}"
    resources = governed.tags(key, "low", "id")
    governed.deploy(**resources)
    del resources["Tagged"]
    resources["Grant"]["DependsOn"] = "Tag"
    governed.deploy(**resources)
    assert "Insufficient" in governed.place.refusal(governed.place.columns)
