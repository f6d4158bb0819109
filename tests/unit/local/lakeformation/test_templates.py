"""Lake Formation resources of a template are granted, changed in place and taken back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/analyst"


def template(database: str, *permissions: str, wildcard: bool = False) -> dict[str, Any]:
    table = {"DatabaseName": database, **({"TableWildcard": {}} if wildcard else {"Name": "flights"})}
    return {
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": "000000000000", "DatabaseInput": {"Name": database}},
        },
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": "000000000000",
                "DatabaseName": {"Ref": "Database"},
                "TableInput": {
                    "Name": "flights",
                    "PartitionKeys": [{"Name": "ingest_date", "Type": "date"}],
                    "Parameters": {"projection.enabled": "true", "projection.ingest_date.type": "date"},
                    "StorageDescriptor": {
                        "Columns": [{"Name": "a", "Type": "int"}],
                        "Location": "s3://x/flights/",
                    },
                },
            },
        },
        "Grant": {
            "Type": "AWS::LakeFormation::PrincipalPermissions",
            "DependsOn": "Table",
            "Properties": {
                "Principal": {"DataLakePrincipalIdentifier": ROLE},
                "Resource": {"Table": {"CatalogId": "000000000000", **table}},
                "Permissions": list(permissions),
                "PermissionsWithGrantOption": [],
            },
        },
    }


def held(aws: Any, database: str) -> list[str]:
    resource = {"Table": {"DatabaseName": database, "Name": "flights"}}
    found = aws.client("lakeformation").list_permissions(
        Principal={"DataLakePrincipalIdentifier": ROLE}, Resource=resource
    )
    return [name for entry in found["PrincipalResourcePermissions"] for name in entry["Permissions"]]


@pytest.fixture
def database() -> str:
    return f"db{uuid.uuid4().hex[:8]}"


def test_a_grant_follows_its_template_and_goes_with_it(aws, database):
    stack = aws.deploy(template(database, "SELECT", "DESCRIBE"))
    assert held(aws, database) == ["DESCRIBE", "SELECT"]
    aws.deploy(template(database, "SELECT", "INSERT"), stack=stack)
    assert held(aws, database) == ["INSERT", "SELECT"]
    aws.deploy(template(database, "SELECT", wildcard=True), stack=stack)
    assert held(aws, database) == ["SELECT"]
    without = template(database)
    del without["Grant"]
    aws.deploy(without, stack=stack)
    assert held(aws, database) == []
    aws.delete(stack)


def test_the_projection_of_a_table_is_kept(aws, database):
    aws.deploy(template(database, "SELECT"))
    table = aws.client("glue").get_table(DatabaseName=database, Name="flights")["Table"]
    assert table["Parameters"]["projection.ingest_date.type"] == "date"
    assert table["PartitionKeys"] == [{"Name": "ingest_date", "Type": "date"}]


def test_settings_and_locations_are_registered_and_taken_back(aws):
    location = f"arn:aws:s3:::lake-{uuid.uuid4().hex[:8]}"
    client = aws.client("lakeformation")
    before = client.get_data_lake_settings()["DataLakeSettings"]
    stack = aws.deploy(
        {
            "Settings": {
                "Type": "AWS::LakeFormation::DataLakeSettings",
                "Properties": {
                    "Admins": [{"DataLakePrincipalIdentifier": ROLE}],
                    "CreateDatabaseDefaultPermissions": [],
                    "CreateTableDefaultPermissions": [],
                    "MutationType": "REPLACE",
                    "Parameters": {"CROSS_ACCOUNT_VERSION": 4},
                },
            },
            "Location": {
                "Type": "AWS::LakeFormation::Resource",
                "Properties": {"ResourceArn": location, "RoleArn": ROLE, "UseServiceLinkedRole": False},
            },
        }
    )
    settings = client.get_data_lake_settings()["DataLakeSettings"]
    assert settings["DataLakeAdmins"] == [{"DataLakePrincipalIdentifier": ROLE}]
    assert settings["CreateTableDefaultPermissions"] == []
    assert client.describe_resource(ResourceArn=location)["ResourceInfo"]["RoleArn"] == ROLE
    aws.delete(stack)
    assert location not in [info["ResourceArn"] for info in client.list_resources()["ResourceInfoList"]]
    client.put_data_lake_settings(DataLakeSettings=before)


def test_new_tables_are_open_to_iam_until_the_settings_say_otherwise(aws, database):
    glue, client = aws.client("glue"), aws.client("lakeformation")
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(
        DatabaseName=database, TableInput={"Name": "flights", "StorageDescriptor": {"Columns": []}}
    )
    [entry] = client.list_permissions(Resource={"Table": {"DatabaseName": database, "Name": "flights"}})[
        "PrincipalResourcePermissions"
    ]
    assert entry["Principal"] == {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}


def test_tags_filters_and_associations_deploy_and_go(aws, database):
    resources = template(database, "SELECT")
    resources |= {
        "Tag": {
            "Type": "AWS::LakeFormation::Tag",
            "Properties": {"TagKey": f"pii{database}", "TagValues": ["yes", "no"]},
        },
        "Tagged": {
            "Type": "AWS::LakeFormation::TagAssociation",
            "DependsOn": ["Tag", "Table"],
            "Properties": {
                "Resource": {
                    "Table": {"CatalogId": "000000000000", "DatabaseName": database, "Name": "flights"}
                },
                "LFTags": [{"CatalogId": "000000000000", "TagKey": f"pii{database}", "TagValues": ["yes"]}],
            },
        },
        "Cells": {
            "Type": "AWS::LakeFormation::DataCellsFilter",
            "DependsOn": "Table",
            "Properties": {
                "TableCatalogId": "000000000000",
                "DatabaseName": database,
                "TableName": "flights",
                "Name": "own",
                "RowFilter": {"FilterExpression": "a = 1"},
                "ColumnWildcard": {},
            },
        },
    }
    stack = aws.deploy(resources)
    client = aws.client("lakeformation")
    table = {"DatabaseName": database, "Name": "flights"}
    found = client.get_resource_lf_tags(Resource={"Table": table})["LFTagsOnTable"]
    assert found[0]["TagValues"] == ["yes"]
    assert client.list_data_cells_filter(Table=table)["DataCellsFilters"][0]["Name"] == "own"
    aws.delete(stack)
    assert f"pii{database}" not in [tag["TagKey"] for tag in client.list_lf_tags()["LFTags"]]
