"""A grant by attribute reaches exactly the sessions that carry the attribute."""

from __future__ import annotations

import json
import uuid

import boto3
import pytest
from botocore.exceptions import ClientError

_ACCOUNT = "000000000000"
_CATALOG = {"Effect": "Allow", "Action": ["glue:*", "lakeformation:*"], "Resource": "*"}


def _condition(person):
    tags = "context.iam.principalTags"
    return {"Expression": f'{tags}.hasTag("requester") && {tags}.getTag("requester") == "{person}"'}


@pytest.fixture(scope="module")
def lake(secured_aws):
    client = secured_aws.client("lakeformation")
    before = client.get_data_lake_settings()["DataLakeSettings"]
    client.put_data_lake_settings(
        DataLakeSettings={
            "DataLakeAdmins": [],
            "CreateDatabaseDefaultPermissions": [],
            "CreateTableDefaultPermissions": [],
        }
    )
    yield secured_aws
    client.put_data_lake_settings(DataLakeSettings=before)


@pytest.fixture
def table(lake):
    name = f"db{uuid.uuid4().hex[:8]}"
    lake.client("glue").create_database(DatabaseInput={"Name": name})
    location = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://x/flights/"}
    lake.client("glue").create_table(
        DatabaseName=name, TableInput={"Name": "flights", "StorageDescriptor": location}
    )
    return {"Table": {"DatabaseName": name, "Name": "flights"}}


@pytest.fixture(scope="module")
def elevated(lake):
    role = lake.role(_CATALOG)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{_ACCOUNT}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    lake.client("iam").update_assume_role_policy(
        RoleName=role.rsplit("/", 1)[-1],
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    return role


def _entry(table, person):
    return {
        "Principal": {"DataLakePrincipalIdentifier": f"{_ACCOUNT}:IAMPrincipals"},
        "Resource": table,
        "Permissions": ["SELECT", "DESCRIBE"],
        "Condition": _condition(person),
    }


def _sees(lake, role, table, person=None):
    tags = {"Tags": [{"Key": "requester", "Value": person}]} if person else {}
    given = lake.client("sts").assume_role(RoleArn=role, RoleSessionName=person or "nobody", **tags)[
        "Credentials"
    ]
    session = boto3.Session(
        given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="ap-southeast-2"
    )
    asked = table["Table"]
    try:
        lake.client("glue", session=session).get_table(DatabaseName=asked["DatabaseName"], Name=asked["Name"])
    except ClientError:
        return False
    return True


def test_only_the_person_whom_the_condition_names_sees_the_table_until_it_is_revoked(lake, table, elevated):
    client = lake.client("lakeformation")
    client.grant_permissions(**_entry(table, "ann@example.com"))
    assert _sees(lake, elevated, table, "ann@example.com")
    assert not _sees(lake, elevated, table, "bob@example.com")
    assert not _sees(lake, elevated, table)
    client.revoke_permissions(**_entry(table, "ann@example.com"))
    assert not _sees(lake, elevated, table, "ann@example.com")


def test_revoking_from_one_person_leaves_the_grant_of_another(lake, table, elevated):
    client = lake.client("lakeformation")
    for person in ("ann@example.com", "bob@example.com"):
        client.grant_permissions(**_entry(table, person))
    client.revoke_permissions(**_entry(table, "ann@example.com"))
    assert _sees(lake, elevated, table, "bob@example.com")
    assert not _sees(lake, elevated, table, "ann@example.com")


def test_a_grant_by_attribute_can_be_found_by_its_condition(lake, table):
    client = lake.client("lakeformation")
    client.grant_permissions(**_entry(table, "ann@example.com"))
    found = client.list_permissions(Resource=table)["PrincipalResourcePermissions"]
    assert [entry["Condition"] for entry in found if "Condition" in entry] == [_condition("ann@example.com")]


def test_whoever_may_grant_a_table_need_not_be_an_administrator(lake, table):
    client = lake.client("lakeformation")
    machine, other = lake.role(_CATALOG), lake.role(_CATALOG)
    client.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": machine},
        Resource=table,
        Permissions=["SELECT", "DESCRIBE"],
        PermissionsWithGrantOption=["SELECT", "DESCRIBE"],
    )
    lake.client_as(machine, "lakeformation").grant_permissions(**_entry(table, "ann@example.com"))
    with pytest.raises(ClientError, match="grant option"):
        lake.client_as(other, "lakeformation").grant_permissions(**_entry(table, "bob@example.com"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"PermissionsWithGrantOption": ["SELECT"]}, "Grantable permissions are not available"),
        ({"Condition": {"Expression": "principal is free"}}, "is not understood"),
        (
            {"Principal": {"DataLakePrincipalIdentifier": f"arn:aws:iam::{_ACCOUNT}:role/x"}},
            "needs the principal",
        ),
    ],
)
def test_a_condition_that_lake_formation_refuses_is_refused(lake, table, change, said):
    with pytest.raises(ClientError, match=said):
        lake.client("lakeformation").grant_permissions(**{**_entry(table, "ann@example.com"), **change})
