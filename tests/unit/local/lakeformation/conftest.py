"""A database out of IAM's hands, with a table and a role, on the server that enforces IAM."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

CATALOG = {"Effect": "Allow", "Action": ["glue:*", "lakeformation:GetDataAccess"], "Resource": "*"}
_COLUMNS = (
    ("id", "bigint"),
    ("name", "string"),
    ("state", "string"),
    ("born", "date"),
    ("paid", "decimal(10,2)"),
)


@dataclass
class Place:
    """A table `people` partitioned by year, what one may do to it, and how a reader sees it."""

    aws: Any
    database: str
    reader: str

    @property
    def lake(self) -> Any:
        return self.aws.client("lakeformation")

    @property
    def table(self) -> dict[str, str]:
        return {"DatabaseName": self.database, "Name": "people"}

    @property
    def glue(self) -> Any:
        return self.aws.client_as(self.reader, "glue")

    def grant(self, resource: dict[str, Any], *permissions: str) -> None:
        who = {"DataLakePrincipalIdentifier": self.reader}
        self.lake.grant_permissions(Principal=who, Resource=resource, Permissions=list(permissions))

    def revoke(self, resource: dict[str, Any], *permissions: str) -> None:
        who = {"DataLakePrincipalIdentifier": self.reader}
        self.lake.revoke_permissions(Principal=who, Resource=resource, Permissions=list(permissions))

    def filter(self, name: str, **content: Any) -> dict[str, Any]:
        """Creates a filter of the table; answers the resource to grant."""
        key = {
            "TableCatalogId": self.aws.endpoint.account,
            "DatabaseName": self.database,
            "TableName": "people",
            "Name": name,
        }
        self.lake.create_data_cells_filter(TableData={**key, **content})
        return {"DataCellsFilter": key}

    def tag(self, key: str, value: str, *columns: str, database: bool = False) -> None:
        self.lake.add_lf_tags_to_resource(
            Resource=self.resource(*columns, database=database),
            LFTags=[{"TagKey": key, "TagValues": [value]}],
        )

    def untag(self, key: str, value: str, *columns: str) -> None:
        self.lake.remove_lf_tags_from_resource(
            Resource=self.resource(*columns), LFTags=[{"TagKey": key, "TagValues": [value]}]
        )

    def resource(self, *columns: str, database: bool = False) -> dict[str, Any]:
        if database:
            return {"Database": {"Name": self.database}}
        if columns:
            return {"TableWithColumns": {**self.table, "ColumnNames": list(columns)}}
        return {"Table": self.table}

    def key(self, *values: str) -> str:
        """A tag of its own with these values."""
        name = f"k{uuid.uuid4().hex[:8]}"
        self.lake.create_lf_tag(TagKey=name, TagValues=list(values))
        return name

    def columns(self) -> list[str]:
        """The columns that GetTable shows the reader."""
        found = self.glue.get_table(DatabaseName=self.database, Name="people")["Table"]
        return [
            column["Name"] for column in [*found["StorageDescriptor"]["Columns"], *found["PartitionKeys"]]
        ]

    def refusal(self, call: Any, **arguments: Any) -> str:
        with pytest.raises(Exception) as caught:
            call(**arguments)
        return str(caught.value)


def by_tag(**terms: list[str]) -> dict[str, Any]:
    expression = [{"TagKey": key, "TagValues": values} for key, values in terms.items()]
    return {"LFTagPolicy": {"ResourceType": "TABLE", "Expression": expression}}


@pytest.fixture
def place(secured_aws: Any) -> Place:
    name, glue = f"db{uuid.uuid4().hex[:8]}", secured_aws.client("glue")
    glue.create_database(DatabaseInput={"Name": name, "CreateTableDefaultPermissions": []})
    everyone, about = {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, {"Database": {"Name": name}}
    lake = secured_aws.client("lakeformation")
    if lake.list_permissions(Principal=everyone, Resource=about)["PrincipalResourcePermissions"]:
        lake.revoke_permissions(Principal=everyone, Resource=about, Permissions=["ALL"])
    columns = [{"Name": column, "Type": kind} for column, kind in _COLUMNS]
    glue.create_table(
        DatabaseName=name,
        TableInput={
            "Name": "people",
            "StorageDescriptor": {"Columns": columns, "Location": f"s3://lake-{name}/people/"},
            "PartitionKeys": [{"Name": "year", "Type": "int"}],
        },
    )
    return Place(aws=secured_aws, database=name, reader=secured_aws.role(CATALOG))
