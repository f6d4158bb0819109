"""Each type of a contract has one exact Avro type."""

import dataclasses

import pytest
from stream_contracts import BASE, accepted, column, events

from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
from data_platform.contracts.model import Severity

ID = column("order_id", "bigint", required=True)


def field(added, *checks):
    return avro_schema(events(ID, added, checks=checks))["fields"][1]


@pytest.mark.parametrize(
    ("physical", "avro"),
    [
        ("boolean", "boolean"),
        ("int", "int"),
        ("bigint", "long"),
        ("float", "float"),
        ("double", "double"),
        ("string", "string"),
        ("date", {"type": "int", "logicalType": "date"}),
        ("timestamp", {"type": "long", "logicalType": "local-timestamp-micros"}),
        ("decimal(12,2)", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}),
        ("decimal(38, 0)", {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 0}),
    ],
)
def test_a_required_column_has_its_type_and_no_default(physical, avro):
    assert field(column("x", physical, required=True)) == {"name": "x", "doc": "The x.", "type": avro}


def test_a_column_that_may_be_empty_is_null_unless_it_is_there():
    assert field(column("x", "int")) == {
        "name": "x",
        "doc": "The x.",
        "type": ["null", "int"],
        "default": None,
    }


def test_a_moment_is_a_timestamp_in_utc():
    assert (
        field(column("x", "timestamp", required=True, instant=True))["type"]["logicalType"]
        == "timestamp-micros"
    )


def test_a_value_has_the_type_in_which_it_arrives():
    assert field(column("x", "date", required=True, source_type="string"))["type"] == "string"


def test_a_closed_list_of_values_is_an_enumeration_in_the_records_own_namespace():
    made = field(column("status", required=True), accepted("status", "NEW", "PAID"))
    assert made["type"] == {
        "type": "enum",
        "name": "status",
        "namespace": "retail.orders",
        "symbols": ["NEW", "PAID"],
    }


@pytest.mark.parametrize(
    "check",
    [
        accepted("status", "NEW", "PAID", severity=Severity.WARNING),
        accepted("status", "NEW", "NOT PAID"),
        accepted("status", "1", "2"),
        accepted("other", "NEW", "PAID"),
    ],
)
def test_an_open_list_or_one_of_illegal_names_stays_text(check):
    assert field(column("status", required=True), check)["type"] == "string"


def test_what_a_database_holds_may_break_a_rule_and_arrives_as_text():
    made = events(ID, column("status", required=True), checks=(accepted("status", "NEW"),))
    changes = dataclasses.replace(made, physical_type="table")
    assert avro_schema(changes)["fields"][1]["type"] == "string"


def test_the_record_is_named_and_described_by_the_contract():
    made = avro_schema(events(ID))
    assert (made["namespace"], made["name"], made["doc"]) == (
        "retail",
        "orders",
        "Orders as they are placed.",
    )


def test_the_key_holds_the_key_columns_in_their_order():
    shop = column("shop", required=True)
    made = avro_key_schema(events(ID, shop, key=("shop", "order_id")))
    assert made["name"] == "orders_key"
    assert [(one["name"], one["type"]) for one in made["fields"]] == [
        ("shop", "string"),
        ("order_id", "long"),
    ]


def test_a_dataset_without_a_stream_has_no_key_of_records():
    with pytest.raises(ValueError, match=r"aviation\.airlines has no stream"):
        avro_key_schema(BASE)
