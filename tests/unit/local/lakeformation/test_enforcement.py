"""Under IAM, Lake Formation decides who sees and changes the catalog, and who reads a registered location."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.waiting import until

CATALOG = {
    "Effect": "Allow",
    "Action": ["glue:*", "lakeformation:GetDataAccess", "logs:*"],
    "Resource": "*",
}


def admin_settings(*admins: str) -> dict[str, Any]:
    return {
        "DataLakeAdmins": [{"DataLakePrincipalIdentifier": arn} for arn in admins],
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
    }


@pytest.fixture(scope="module")
def lake(secured_aws: Any) -> Any:
    """Lake Formation with no default permissions, as the platform sets it; open again at the end."""
    client = secured_aws.client("lakeformation")
    before = client.get_data_lake_settings()["DataLakeSettings"]
    client.put_data_lake_settings(DataLakeSettings=admin_settings())
    yield secured_aws
    client.put_data_lake_settings(DataLakeSettings=before)


@pytest.fixture
def database(lake: Any) -> str:
    name = f"db{uuid.uuid4().hex[:8]}"
    lake.client("glue").create_database(DatabaseInput={"Name": name})
    lake.client("glue").create_table(
        DatabaseName=name,
        TableInput={
            "Name": "flights",
            "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://x/flights/"},
        },
    )
    return name


@pytest.fixture(scope="module")
def reader(lake: Any) -> str:
    return lake.role(CATALOG)


def grant(lake: Any, principal: str, resource: dict[str, Any], *permissions: str) -> None:
    lake.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": principal}, Resource=resource, Permissions=list(permissions)
    )


def test_without_a_grant_a_role_neither_sees_nor_reads_a_table(lake, reader, database):
    glue = lake.client_as(reader, "glue")
    with pytest.raises(
        glue.exceptions.ClientError, match=r"Insufficient Lake Formation permission.*Describe on flights"
    ):
        glue.get_table(DatabaseName=database, Name="flights")
    assert database not in [d["Name"] for d in glue.get_databases()["DatabaseList"]]


def test_select_shows_the_table_but_does_not_change_it(lake, reader, database):
    grant(lake, reader, {"Table": {"DatabaseName": database, "Name": "flights"}}, "SELECT")
    glue = lake.client_as(reader, "glue")
    assert glue.get_table(DatabaseName=database, Name="flights")["Table"]["Name"] == "flights"
    assert [t["Name"] for t in glue.get_tables(DatabaseName=database)["TableList"]] == ["flights"]
    with pytest.raises(glue.exceptions.ClientError, match="Required Drop on flights"):
        glue.delete_table(DatabaseName=database, Name="flights")


def test_a_revoked_grant_ends_access(lake, reader, database):
    resource = {"Table": {"DatabaseName": database, "Name": "flights"}}
    grant(lake, reader, resource, "SELECT", "DESCRIBE")
    lake.client("lakeformation").revoke_permissions(
        Principal={"DataLakePrincipalIdentifier": reader},
        Resource=resource,
        Permissions=["SELECT", "DESCRIBE"],
    )
    glue = lake.client_as(reader, "glue")
    with pytest.raises(glue.exceptions.ClientError, match="Insufficient"):
        glue.get_table(DatabaseName=database, Name="flights")


def test_every_table_of_a_database_can_be_granted_at_once(lake, reader, database):
    grant(lake, reader, {"Table": {"DatabaseName": database, "TableWildcard": {}}}, "DESCRIBE")
    assert lake.client_as(reader, "glue").get_table(DatabaseName=database, Name="flights")


def test_only_administrators_and_grantees_create_databases(lake, reader):
    glue = lake.client_as(reader, "glue")
    with pytest.raises(glue.exceptions.ClientError, match="Required Create Database on Catalog"):
        glue.create_database(DatabaseInput={"Name": f"db{uuid.uuid4().hex[:8]}"})
    admin = lake.role(CATALOG)
    lake.client("lakeformation").put_data_lake_settings(DataLakeSettings=admin_settings(admin))
    lake.client_as(admin, "glue").create_database(DatabaseInput={"Name": f"db{uuid.uuid4().hex[:8]}"})


def test_whoever_creates_a_table_holds_all_permissions_on_it(lake, database):
    maker = lake.role(CATALOG)
    grant(lake, maker, {"Database": {"Name": database}}, "CREATE_TABLE")
    glue = lake.client_as(maker, "glue")
    glue.create_table(DatabaseName=database, TableInput={"Name": "own", "StorageDescriptor": {"Columns": []}})
    [entry] = lake.client("lakeformation").list_permissions(
        Principal={"DataLakePrincipalIdentifier": maker},
        Resource={"Table": {"DatabaseName": database, "Name": "own"}},
    )["PrincipalResourcePermissions"]
    assert {"ALL", "SELECT", "DROP"} <= set(entry["Permissions"])
    glue.delete_table(DatabaseName=database, Name="own")


def test_a_table_on_a_registered_location_needs_access_to_the_location(lake, database):
    maker, location = lake.role(CATALOG), f"arn:aws:s3:::registered-{uuid.uuid4().hex[:8]}"
    lake.client("lakeformation").register_resource(ResourceArn=location, RoleArn=maker)
    grant(lake, maker, {"Database": {"Name": database}}, "CREATE_TABLE")
    described = {"Columns": [], "Location": f"s3://{location.split(':::')[1]}/t/"}
    glue = lake.client_as(maker, "glue")
    with pytest.raises(glue.exceptions.ClientError, match="Required Data Location Access"):
        glue.create_table(DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": described})
    grant(lake, maker, {"DataLocation": {"ResourceArn": location}}, "DATA_LOCATION_ACCESS")
    glue.create_table(DatabaseName=database, TableInput={"Name": "t", "StorageDescriptor": described})


def test_only_administrators_grant(lake, database):
    outsider = lake.role({"Effect": "Allow", "Action": "lakeformation:*", "Resource": "*"})
    client = lake.client_as(outsider, "lakeformation")
    with pytest.raises(client.exceptions.ClientError, match="must be a data lake administrator"):
        client.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": outsider},
            Resource={"Table": {"DatabaseName": database, "Name": "flights"}},
            Permissions=["SELECT"],
        )


def test_lake_formation_calls_need_their_iam_action(lake):
    client = lake.client_as(lake.role(CATALOG), "lakeformation")
    with pytest.raises(
        client.exceptions.ClientError, match="not authorized to perform: lakeformation:ListResources"
    ):
        client.list_resources()


def test_glue_checks_catalog_database_and_table_each(lake, database):
    arn = "arn:aws:glue:ap-southeast-2:000000000000"
    resources = [f"{arn}:catalog", f"{arn}:database/{database}"]
    role = lake.role({"Effect": "Allow", "Action": "glue:GetTable", "Resource": resources})
    grant(lake, role, {"Table": {"DatabaseName": database, "Name": "flights"}}, "DESCRIBE")
    glue = lake.client_as(role, "glue")
    with pytest.raises(
        glue.exceptions.ClientError, match=f"glue:GetTable on resource: {arn}:table/{database}/flights"
    ):
        glue.get_table(DatabaseName=database, Name="flights")


def test_a_grant_on_what_does_not_exist_is_refused(lake, reader):
    with pytest.raises(Exception, match="Database not found: nowhere"):
        grant(lake, reader, {"Table": {"DatabaseName": "nowhere", "Name": "t"}}, "SELECT")


def test_a_permission_that_does_not_fit_is_refused_with_those_that_do(lake, reader, database):
    with pytest.raises(Exception, match="CREATE_TABLE on Table; allowed are ALL, ALTER"):
        grant(lake, reader, {"Table": {"DatabaseName": database, "Name": "flights"}}, "CREATE_TABLE")


@pytest.fixture
def bucket(lake: Any) -> str:
    name = f"raw-{uuid.uuid4().hex[:8]}"
    s3 = lake.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    s3.put_object(Bucket=name, Key="flights/day=1/a.csv", Body=b"a,b\n1,2\n")
    return name


def crawl(lake: Any, role: str, database: str, bucket: str, **settings: Any) -> dict[str, Any]:
    glue, name = lake.client("glue"), f"crawler-{uuid.uuid4().hex[:8]}"
    targets = {"S3Targets": [{"Path": f"s3://{bucket}/flights/"}]}
    settings |= {"Targets": targets, "TablePrefix": "found_"}
    glue.create_crawler(Name=name, Role=role, DatabaseName=database, **settings)
    glue.start_crawler(Name=name)
    until(lambda: glue.get_crawler(Name=name)["Crawler"]["State"] == "READY", every=0.02)
    return dict(glue.get_crawler(Name=name)["Crawler"]["LastCrawl"])


def test_a_crawler_reads_and_writes_with_the_rights_of_its_role(lake, database, bucket):
    read = {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": f"arn:aws:s3:::{bucket}*",
    }
    role = lake.role(CATALOG, read, service="glue.amazonaws.com")
    assert "Required Create Table" in crawl(lake, role, database, bucket)["ErrorMessage"]
    grant(lake, role, {"Database": {"Name": database}}, "CREATE_TABLE", "DESCRIBE")
    assert crawl(lake, role, database, bucket)["Status"] == "SUCCEEDED"
    assert lake.client("glue").get_table(DatabaseName=database, Name="found_flights")


def test_a_crawler_role_without_s3_rights_fails_the_crawl(lake, database, bucket):
    last = crawl(lake, lake.role(CATALOG, service="glue.amazonaws.com"), database, bucket)
    assert last["Status"] == "FAILED"
    assert "AccessDenied" in last["ErrorMessage"]


def test_a_role_that_does_not_trust_glue_cannot_crawl(lake, database, bucket):
    last = crawl(lake, lake.role(CATALOG), database, bucket)
    assert "glue.amazonaws.com is not authorized to perform: sts:AssumeRole" in last["ErrorMessage"]


def test_table_credentials_are_vended_to_whoever_may_select(lake, reader, database, bucket):
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    access = lake.role(read, service="lakeformation.amazonaws.com")
    lake.client("lakeformation").register_resource(ResourceArn=f"arn:aws:s3:::{bucket}", RoleArn=access)
    lake.client("glue").create_table(
        DatabaseName=database,
        TableInput={
            "Name": "raw",
            "StorageDescriptor": {"Columns": [], "Location": f"s3://{bucket}/flights/"},
        },
    )
    client = lake.client_as(reader, "lakeformation")
    arn = f"arn:aws:glue:ap-southeast-2:000000000000:table/{database}/raw"
    with pytest.raises(client.exceptions.ClientError, match="Insufficient"):
        client.get_temporary_glue_table_credentials(TableArn=arn, Permissions=["SELECT"])
    grant(lake, reader, {"Table": {"DatabaseName": database, "Name": "raw"}}, "SELECT")
    assert client.get_temporary_glue_table_credentials(TableArn=arn, Permissions=["SELECT"])["SessionToken"]


def test_insert_is_enough_to_commit_rows_but_not_to_change_the_table(lake, database):
    writer = lake.role(CATALOG)
    columns = {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://x/ice"}
    pointer = {"table_type": "ICEBERG", "metadata_location": "s3://x/ice/metadata/0.json"}
    table = {"Name": "ice", "StorageDescriptor": columns, "Parameters": pointer}
    lake.client("glue").create_table(DatabaseName=database, TableInput=table)
    grant(lake, writer, {"Table": {"DatabaseName": database, "Name": "ice"}}, "SELECT", "INSERT")
    glue = lake.client_as(writer, "glue")
    committed = {
        **pointer,
        "metadata_location": "s3://x/ice/metadata/1.json",
        "previous_metadata_location": "0",
    }
    glue.update_table(DatabaseName=database, TableInput={**table, "Parameters": committed})
    with pytest.raises(glue.exceptions.ClientError, match="Required Alter on ice"):
        glue.update_table(
            DatabaseName=database, TableInput={**table, "Parameters": {**committed, "owner": "me"}}
        )


def test_a_crawler_can_read_with_the_credentials_of_lake_formation(lake, database, bucket):
    read = {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:GetObject"],
        "Resource": f"arn:aws:s3:::{bucket}*",
    }
    access = lake.role(read, service="lakeformation.amazonaws.com")
    location = f"arn:aws:s3:::{bucket}"
    lake.client("lakeformation").register_resource(ResourceArn=location, RoleArn=access)
    role = lake.role(CATALOG, service="glue.amazonaws.com")
    grant(lake, role, {"Database": {"Name": database}}, "CREATE_TABLE", "DESCRIBE")
    vended = {"LakeFormationConfiguration": {"UseLakeFormationCredentials": True}}
    assert "Data Location Access" in crawl(lake, role, database, bucket, **vended)["ErrorMessage"]
    grant(lake, role, {"DataLocation": {"ResourceArn": location}}, "DATA_LOCATION_ACCESS")
    assert crawl(lake, role, database, bucket, **vended)["Status"] == "SUCCEEDED"
