"""A query has the rights of its caller: IAM and S3 of the role, and what Lake Formation grants it."""

from __future__ import annotations

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.athena.conftest import LAKE, RESULTS, Athena

RUN = {
    "Effect": "Allow",
    "Action": [
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:GetQueryResults",
        "glue:Get*",
    ],
    "Resource": "*",
}
RESULT_FILES = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject", "s3:GetBucketLocation", "s3:ListBucket"],
    "Resource": [f"arn:aws:s3:::{RESULTS}", f"arn:aws:s3:::{RESULTS}/*"],
}
DATA = {
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"],
    "Resource": [f"arn:aws:s3:::{LAKE}", f"arn:aws:s3:::{LAKE}/*"],
}
GET_DATA = {"Effect": "Allow", "Action": "lakeformation:GetDataAccess", "Resource": "*"}
WRITE_GLUE = {
    "Effect": "Allow",
    "Action": ["glue:UpdateTable", "glue:CreateTable", "glue:DeleteTable"],
    "Resource": "*",
}


@pytest.fixture
def owner(secured_athena):
    secured_athena.iceberg("flights", "id int, carrier string")
    secured_athena.run("INSERT INTO flights VALUES (1, 'UA')")
    return secured_athena


def caller(owner: Athena, *statements: dict) -> Athena:
    arn = owner.aws.role(*statements)
    made = Athena(aws=owner.aws, session=owner.aws.session_as(arn), database=owner.database)
    made.arn = arn  # type: ignore[attr-defined]
    return made


def register(owner: Athena) -> None:
    """Lake Formation answers for this database's part of the lake from now on."""
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lakeformation.amazonaws.com"},
    }
    iam = owner.aws.client("iam")
    name = f"lake-{uuid.uuid4().hex[:8]}"
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [DATA]})
    iam.put_role_policy(RoleName=name, PolicyName="given", PolicyDocument=policy)
    lake = owner.client("lakeformation")
    lake.register_resource(
        ResourceArn=f"arn:aws:s3:::{LAKE}/{owner.database}", RoleArn=arn, UseServiceLinkedRole=False
    )
    # A new account leaves everything to IAM; this database is taken out of that.
    for resource in (
        {"Table": {"DatabaseName": owner.database, "Name": "flights"}},
        {"Database": {"Name": owner.database}},
    ):
        everyone = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}
        lake.revoke_permissions(Principal=everyone, Resource=resource, Permissions=["ALL"])


def grant(owner: Athena, to: Athena, *permissions: str, table: str = "flights") -> None:
    owner.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": to.arn},  # type: ignore[attr-defined]
        Resource={"Table": {"DatabaseName": owner.database, "Name": table}},
        Permissions=list(permissions),
    )


def test_a_role_that_may_not_start_queries_is_refused_at_once(owner):
    nobody = caller(owner, RESULT_FILES)
    with pytest.raises(ClientError, match="not authorized to perform: athena:StartQueryExecution"):
        nobody.start("SELECT 1")


def test_a_role_without_rights_on_the_objects_cannot_read_them(owner):
    blind = caller(owner, RUN, RESULT_FILES)
    reason = blind.fails("SELECT * FROM flights")
    assert reason.startswith("Insufficient permissions to execute the query.")
    assert "Access Denied" in reason or "s3:GetObject" in reason


def test_a_role_with_rights_on_the_objects_reads_them(owner):
    assert caller(owner, RUN, RESULT_FILES, DATA).rows("SELECT * FROM flights") == [["1", "UA"]]


def test_a_role_that_may_not_write_results_fails(owner):
    mute = caller(owner, RUN, DATA)
    assert mute.fails("SELECT 1").startswith("Insufficient permissions to execute the query.")


def test_rights_on_the_objects_do_not_help_where_lake_formation_answers(owner):
    register(owner)
    reader = caller(owner, RUN, RESULT_FILES, DATA, GET_DATA)
    reason = reader.fails("SELECT * FROM flights")
    assert "Lake Formation" in reason or "TABLE_NOT_FOUND" in reason or "SCHEMA_NOT_FOUND" in reason


def test_a_lake_formation_grant_replaces_rights_on_the_objects(owner):
    register(owner)
    reader = caller(owner, RUN, RESULT_FILES, GET_DATA)
    grant(owner, reader, "SELECT")
    assert reader.rows("SELECT * FROM flights") == [["1", "UA"]]


def test_select_alone_does_not_write(owner):
    register(owner)
    reader = caller(owner, RUN, RESULT_FILES, GET_DATA, WRITE_GLUE)
    grant(owner, reader, "SELECT")
    reason = reader.fails("INSERT INTO flights VALUES (2, 'AA')")
    assert reason == (
        "Insufficient permissions to execute the query. "
        "Insufficient Lake Formation permission(s): Required Insert on flights"
    )
    assert "Required Delete on flights" in reader.fails("DELETE FROM flights")


def test_a_writer_merges_with_the_registered_role(owner):
    register(owner)
    writer = caller(owner, RUN, RESULT_FILES, GET_DATA, WRITE_GLUE)
    grant(owner, writer, "SELECT", "INSERT", "DELETE", "ALTER")
    sql = """
        MERGE INTO flights t USING (SELECT 2 AS id, 'AA' AS carrier) s ON t.id = s.id
        WHEN NOT MATCHED THEN INSERT (id, carrier) VALUES (s.id, s.carrier)
    """
    assert writer.run(sql).count == 1
    assert writer.rows("SELECT count(*) FROM flights") == [["2"]]


def test_without_get_data_access_a_grant_is_not_enough(owner):
    register(owner)
    reader = caller(owner, RUN, RESULT_FILES)
    grant(owner, reader, "SELECT")
    assert "lakeformation:GetDataAccess" in reader.fails("SELECT * FROM flights")


def test_a_column_grant_hides_the_other_columns(owner):
    register(owner)
    reader = caller(owner, RUN, RESULT_FILES, GET_DATA)
    owner.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": reader.arn},
        Resource={
            "TableWithColumns": {"DatabaseName": owner.database, "Name": "flights", "ColumnNames": ["id"]}
        },
        Permissions=["SELECT"],
    )
    assert reader.rows("SELECT * FROM flights") == [["1"]]
    assert reader.fails("SELECT carrier FROM flights").startswith(
        "COLUMN_NOT_FOUND: line 1:8: Column 'carrier'"
    )


def test_results_are_read_with_the_callers_rights(owner):
    reader = caller(owner, RUN, RESULT_FILES, DATA)
    query_id = reader.wait(reader.start("SELECT 1"))["QueryExecutionId"]
    stranger = caller(owner, RUN)
    with pytest.raises(ClientError, match=r"Insufficient permissions|Access Denied|not authorized"):
        stranger.client("athena").get_query_results(QueryExecutionId=query_id)
