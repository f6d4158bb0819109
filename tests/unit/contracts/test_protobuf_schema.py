"""Each type of a contract has one Protobuf type from which the value comes back exactly, under a number that stays."""

import pytest
from stream_contracts import BASE, accepted, column, events

from data_platform.contracts.protobuf_schema import protobuf_key_schema, protobuf_schema
from data_platform.contracts.streams import Reserved

ID = column("order_id", "bigint", required=True, field_number=1)


def lines(*columns, **more):
    text = protobuf_schema(events(ID, *columns, format="protobuf", **more))
    return [line.strip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("physical", "written"),
    [
        ("boolean", "bool x = 2;"),
        ("int", "int32 x = 2;"),
        ("bigint", "int64 x = 2;"),
        ("float", "float x = 2;"),
        ("double", "double x = 2;"),
        ("string", "string x = 2;"),
        ("date", "int32 x = 2;"),
        ("timestamp", "int64 x = 2;"),
        ("decimal(12,2)", "string x = 2;"),
    ],
)
def test_a_column_has_its_type_and_is_optional_when_it_may_be_empty(physical, written):
    assert written in lines(column("x", physical, required=True, field_number=2))
    assert f"optional {written}" in lines(column("x", physical, field_number=2))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (column("x", "date", field_number=2), "// Days since 1970-01-01."),
        (column("x", "timestamp", field_number=2), "// Microseconds since 1970-01-01T00:00:00, of no time zone."),
        (column("x", "timestamp", field_number=2, instant=True), "// Microseconds since 1970-01-01T00:00:00Z."),
        (column("x", "decimal(12,2)", field_number=2), "// A decimal(12,2) as text: all digits behind the point, no exponent."),
    ],
)  # fmt: skip
def test_what_a_type_does_not_say_a_comment_says(made, said):
    assert said in lines(made)


def test_neither_order_nor_what_comes_or_goes_moves_a_number():
    b, c, d = (column(name, field_number=number) for name, number in (("b", 2), ("c", 3), ("d", 9)))
    for columns in ((b, c), (c, b), (c,), (d, c), (b, d, c)):
        assert "optional string c = 3;" in lines(*columns)


def test_without_numbers_a_columns_place_is_its_number():
    text = protobuf_schema(BASE)
    assert "string carrier = 1;" in text
    assert "string name = 2;" in text


def test_some_numbers_are_worse_than_none():
    with pytest.raises(ValueError, match=r"retail\.orders: x, y have no fieldNumber"):
        lines(column("x"), column("y"))


def test_numbers_and_names_that_are_gone_stay_reserved():
    made = lines(reserved=(Reserved(number=4, name="note"), Reserved(number=7, name="rebate")))
    assert "reserved 4, 7;" in made
    assert 'reserved "note", "rebate";' in made


def test_a_closed_list_begins_with_no_value():
    made = lines(column("status", required=True, field_number=2), checks=(accepted("status", "NEW", "PAID"),))
    at = made.index("message Status {")
    assert made[at : at + 7] == [
        "message Status {",
        "enum Value {",
        "VALUE_UNSPECIFIED = 0;",
        "NEW = 1;",
        "PAID = 2;",
        "}",
        "}",
    ]
    assert "Status.Value status = 2;" in made


@pytest.mark.parametrize(
    "values", [("new", "NEW"), ("IN_USE", "INUSE"), ("UNSPECIFIED",), ("option",), ("reserved", "NEW")]
)
def test_values_that_protobuf_cannot_name_or_tell_apart_stay_text(values):
    made = lines(column("status", required=True, field_number=2), checks=(accepted("status", *values),))
    assert "string status = 2;" in made


def test_json_has_the_contracts_own_names():
    assert 'optional string foo_1 = 2 [json_name = "foo_1"];' in lines(column("foo_1", field_number=2))


def test_the_package_is_of_the_topic_and_the_message_of_the_dataset():
    made = lines(version="3.2.1")
    assert made[2] == "package retail.v3;"
    assert "message Orders {" in made


def test_the_key_has_the_numbers_of_the_value():
    shop = column("shop", required=True, field_number=5)
    text = protobuf_key_schema(events(ID, shop, key=("shop",), format="protobuf"))
    assert "message OrdersKey {" in text
    assert "string shop = 5;" in text
    assert "order_id" not in text


def test_a_dataset_without_a_stream_has_no_key_of_records():
    with pytest.raises(ValueError, match=r"aviation\.airlines has no stream"):
        protobuf_key_schema(BASE)
