"""An Iceberg table from a template is a real one: pyiceberg reads and writes it."""

from __future__ import annotations

import uuid
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.glue import GlueCatalog

FIELDS = [
    {"Id": 1, "Name": "id", "Type": "long", "Required": True, "Doc": "key"},
    {"Id": 2, "Name": "day", "Type": "date", "Required": False},
    {"Id": 3, "Name": "seen", "Type": "timestamptz", "Required": False},
    {"Id": 4, "Name": "price", "Type": "decimal(10,2)", "Required": False},
    {"Id": 5, "Name": "carrier", "Type": "string", "Required": False},
]
PARTITIONS = [
    {"Name": "day", "SourceId": 2, "Transform": "identity"},
    {"Name": "seen_month", "SourceId": 3, "Transform": "month"},
    {"Name": "id_bucket", "SourceId": 1, "Transform": "bucket[4]"},
    {"Name": "carrier_trunc", "SourceId": 5, "Transform": "truncate[2]"},
]


@pytest.fixture
def name(aws: Any) -> str:
    made = f"lake{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(
        Bucket=made, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    return made


def template(name: str, fields: list[dict[str, Any]] = FIELDS, **changes: Any) -> dict[str, Any]:
    table = {
        "Location": f"s3://{name}/orders/",
        "Schema": {"Type": "struct", "Fields": fields},
        "PartitionSpec": {"Fields": changes.get("partitions", PARTITIONS)},
        "WriteOrder": {
            "OrderId": 1,
            "Fields": [
                {"SourceId": 1, "Transform": "identity", "Direction": "asc", "NullOrder": "nulls-first"}
            ],
        },
        "Properties": {"write.format.default": "parquet"},
    }
    return {
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": "000000000000", "DatabaseInput": {"Name": name}},
        },
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": "000000000000",
                "DatabaseName": {"Ref": "Database"},
                "Name": "orders",
                "OpenTableFormatInput": {
                    "IcebergInput": {
                        "MetadataOperation": "CREATE",
                        "Version": "2",
                        "IcebergTableInput": table,
                    }
                },
            },
        },
    }


def catalog(aws: Any) -> GlueCatalog:
    url, region = aws.endpoint.plain_endpoint, aws.endpoint.region
    keys = {
        "access-key-id": aws.endpoint.account,
        "secret-access-key": "test",
        "region": region,
        "endpoint": url,
    }
    return GlueCatalog("test", **{f"{service}.{k}": v for service in ("glue", "s3") for k, v in keys.items()})


def test_types_transforms_and_order_are_those_of_the_template(aws, name):
    aws.deploy(template(name))
    table = catalog(aws).load_table((name, "orders"))
    assert [str(f.transform) for f in table.spec().fields] == [
        "identity",
        "month",
        "bucket[4]",
        "truncate[2]",
    ]
    assert [str(f.field_type) for f in table.schema().fields][2:4] == ["timestamptz", "decimal(10, 2)"]
    assert table.format_version == 2
    assert table.sort_order().fields[0].source_id == 1


def test_pyiceberg_reads_and_writes_the_table(aws, name):
    aws.deploy(template(name, partitions=PARTITIONS[:1]))
    table = catalog(aws).load_table((name, "orders"))
    rows = pa.Table.from_pylist(
        [{"id": 1, "day": None, "seen": None, "price": None, "carrier": "UA"}],
        schema=table.schema().as_arrow(),
    )
    table.append(rows)
    assert catalog(aws).load_table((name, "orders")).scan().to_arrow().num_rows == 1


def test_the_catalog_entry_names_the_metadata_file_and_the_columns(aws, name):
    aws.deploy(template(name))
    entry = aws.client("glue").get_table(DatabaseName=name, Name="orders")["Table"]
    assert entry["Parameters"]["table_type"] == "ICEBERG"
    key = entry["Parameters"]["metadata_location"].removeprefix(f"s3://{name}/")
    assert key.startswith("orders/metadata/00000-")
    assert aws.client("s3").head_object(Bucket=name, Key=key)["ContentLength"] > 0
    column = entry["StorageDescriptor"]["Columns"][0]
    assert (column["Name"], column["Type"], column["Comment"]) == ("id", "bigint", "key")


def test_the_simpler_form_takes_the_columns_of_table_input(aws, name):
    resources = template(name)
    resources["Table"]["Properties"] |= {
        "TableInput": {
            "Name": "orders",
            "StorageDescriptor": {
                "Location": f"s3://{name}/orders",
                "Columns": [{"Name": "id", "Type": "bigint"}, {"Name": "at", "Type": "timestamp"}],
            },
        },
        "OpenTableFormatInput": {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}},
    }
    del resources["Table"]["Properties"]["Name"]
    aws.deploy(resources)
    schema = catalog(aws).load_table((name, "orders")).schema()
    assert [str(field.field_type) for field in schema.fields] == ["long", "timestamp"]


def test_a_changed_schema_is_refused_with_what_changed_and_how_to_go_on(aws, name):
    stack = aws.deploy(template(name))
    fields = [*FIELDS, {"Id": 6, "Name": "late", "Type": "boolean", "Required": False}]
    with pytest.raises(AssertionError, match=r"IcebergTableInput.Schema.Fields changed.*ALTER TABLE"):
        aws.deploy(template(name, fields), stack=stack)
    assert len(catalog(aws).load_table((name, "orders")).schema().fields) == 5


def test_a_changed_description_of_a_column_is_followed(aws, name):
    stack = aws.deploy(template(name))
    aws.deploy(template(name, [{**FIELDS[0], "Doc": "the key"}, *FIELDS[1:]]), stack=stack)
    entry = aws.client("glue").get_table(DatabaseName=name, Name="orders")["Table"]
    assert entry["StorageDescriptor"]["Columns"][0]["Comment"] == "the key"


def test_deletion_removes_the_entry_and_leaves_the_data(aws, name):
    stack = aws.deploy(template(name))
    aws.delete(stack)
    assert name not in [d["Name"] for d in aws.client("glue").get_databases()["DatabaseList"]]
    assert aws.client("s3").list_objects_v2(Bucket=name)["KeyCount"] == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fields": [{**FIELDS[0], "Type": "number"}]}, "'id' has type 'number'; allowed: boolean, int"),
        ({"partitions": [{"Name": "x", "SourceId": 9, "Transform": "identity"}]}, "SourceId 9 is no field"),
        (
            {"partitions": [{"Name": "x", "SourceId": 2, "Transform": "weekly"}]},
            "transform 'weekly' on 'day'; allowed",
        ),
        (
            {"partitions": [{"Name": "x", "SourceId": 5, "Transform": "day"}]},
            "does not fit 'carrier' of type string",
        ),
    ],
)
def test_a_wrong_definition_is_refused_by_field(aws, name, changes, told):
    with pytest.raises(AssertionError, match=told.replace("[", r"\[")):
        aws.deploy(template(name, changes.pop("fields", FIELDS), **changes))
    assert aws.client("s3").list_objects_v2(Bucket=name)["KeyCount"] == 0
