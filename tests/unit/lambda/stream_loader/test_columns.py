"""What writers write becomes the contract's types exactly, or is poison."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_loader.avro_values import AvroReader
from stream_loader.mapping import WriterMapping
from stream_loader.poison import Poison, Poisons

from tests.stream_records import DEBEZIUM, avro, column, plan_of, record_schema

DAY = dt.date(2026, 2, 28)
MOMENT = dt.datetime(2026, 2, 28, 23, 59, 59, 123456)  # noqa: DTZ001
MICROS = 1_772_323_199_123_456


def _named(base, name, **parameters):
    return {"type": base, "connect.name": name, "connect.version": 1, **parameters}


def _decimal(precision, scale):
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def _landed(kind, written, *values, **more):
    """The column in raw of values that were written as they stand in Avro, and the poison's classes by place."""
    plan = plan_of([column("v", kind, **more)])
    schema = record_schema(v=written)
    mapping = WriterMapping(AvroReader(json.dumps(schema)), plan.columns)
    poisons = Poisons()
    places = list(range(len(values)))
    rows = mapping.rows([avro(schema, {"v": value}) for value in values], places, poisons)
    return rows.column("v").to_pylist(), {at: poison.error_class for at, poison in poisons.by_place.items()}


@pytest.mark.parametrize(
    ("kind", "written", "value", "expected"),
    [
        ("boolean", "boolean", True, True),
        ("smallint", _named("int", "x", **{"connect.type": "int16"}), -32768, -32768),
        ("int", "int", 7, 7),
        ("bigint", "int", 7, 7),
        ("bigint", "long", 2**63 - 1, 2**63 - 1),
        ("double", "long", 2**53, float(2**53)),
        ("decimal(12,2)", "long", 7, Decimal("7.00")),
        ("float", "float", 0.5, 0.5),
        ("double", "float", 0.5, 0.5),
        ("double", "double", 0.1, 0.1),
        ("string", "string", "Zoë 🦆", "Zoë 🦆"),
        ("string", _named("string", "io.debezium.data.Uuid"), "0b5d…", "0b5d…"),
        ("string", {"type": "enum", "name": "E", "symbols": ["open", "paid"]}, "paid", "paid"),
        ("binary", "bytes", b"\x00\xff", b"\x00\xff"),
        ("decimal(12,2)", _decimal(12, 2), Decimal("-12345.67"), Decimal("-12345.67")),
        ("decimal(12,4)", _decimal(12, 2), Decimal("1.50"), Decimal("1.5000")),
        ("decimal(38,0)", _decimal(38, 0), Decimal(10**38 - 1), Decimal(10**38 - 1)),
        ("bigint", _decimal(18, 0), Decimal(-7), -7),
        ("string", _decimal(12, 2), Decimal("1.50"), "1.50"),
        ("date", {"type": "int", "logicalType": "date"}, DAY, DAY),
        ("date", _named("int", f"{DEBEZIUM}.Date"), 20512, DAY),
        ("timestamp", _named("long", f"{DEBEZIUM}.MicroTimestamp"), MICROS, MOMENT),
        ("timestamp", _named("long", f"{DEBEZIUM}.Timestamp"), MICROS // 1000, MOMENT.replace(microsecond=123000)),
        ("timestamp", _named("long", f"{DEBEZIUM}.NanoTimestamp"), MICROS * 1000, MOMENT),
        ("timestamp", _named("string", f"{DEBEZIUM}.ZonedTimestamp"), "2026-02-28T23:59:59.123456Z", MOMENT),
        ("timestamp", _named("string", f"{DEBEZIUM}.ZonedTimestamp"), "2026-03-01T09:59:59.123456+10:00", MOMENT),
        ("timestamp", {"type": "long", "logicalType": "local-timestamp-micros"}, MICROS, MOMENT),
        ("timestamp with time zone", _named("string", f"{DEBEZIUM}.ZonedTimestamp"), "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
        ("string", _named("long", f"{DEBEZIUM}.MicroTime"), 36_000_500_000, "10:00:00.5"),
        ("string", _named("int", f"{DEBEZIUM}.Time"), 36_000_000, "10:00:00"),
    ],
)  # fmt: skip
def test_a_value_lands_as_the_contract_says(kind, written, value, expected):
    assert _landed(kind, ["null", written], None, value) == ([None, expected], {})


@pytest.mark.parametrize(
    ("kind", "written", "good", "bad"),
    [
        ("smallint", "int", 7, 32768),
        ("int", "long", 7, 2**31),
        ("float", "long", 7, 2**24 + 1),
        ("decimal(4,2)", _decimal(12, 2), Decimal("12.34"), Decimal("123.45")),
        ("decimal(12,1)", _decimal(12, 2), Decimal("1.50"), Decimal("1.55")),
        ("int", _decimal(12, 2), Decimal("7.00"), Decimal("7.50")),
        ("decimal(3,0)", "long", 999, 1000),
        ("timestamp", _named("string", f"{DEBEZIUM}.ZonedTimestamp"), "2026-01-01T00:00:00Z", "yesterday"),
        ("timestamp", _named("long", f"{DEBEZIUM}.Timestamp"), 0, 2**62),
        # What PostgreSQL's infinity becomes.
        ("date", _named("int", f"{DEBEZIUM}.Date"), 2_932_896, -2_147_472_692),
        (
            "timestamp",
            _named("long", f"{DEBEZIUM}.MicroTimestamp"),
            253_402_300_799_999_999,
            9_223_372_036_825_200_000,
        ),
        (
            "timestamp",
            _named("string", f"{DEBEZIUM}.ZonedTimestamp"),
            "0001-01-01T00:00:00.000000Z",
            "infinity",
        ),
        (
            "timestamp",
            _named("string", f"{DEBEZIUM}.ZonedTimestamp"),
            "2026-01-01T00:00:00Z",
            "-0043-03-15T00:00:00.000000Z",
        ),
        ("timestamp", _named("long", f"{DEBEZIUM}.NanoTimestamp"), 1000, 1001),
    ],
)
def test_a_value_that_does_not_fit_exactly_is_poison_alone(kind, written, good, bad):
    landed, poisons = _landed(kind, written, good, bad, good)

    assert landed[1] is None
    assert landed[0] == landed[2] is not None
    assert poisons == {1: "UndecodableValue"}


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("int", "string"),
        ("string", "bytes"),
        ("float", "double"),
        ("boolean", "int"),
        ("date", "int"),
        ("timestamp", "long"),
        ("timestamp", {"type": "int", "logicalType": "date"}),
        ("bigint", {"type": "long", "logicalType": "timestamp-micros"}),
        ("string", {"type": "array", "items": "string"}),
        ("string", ["null", "string", "long"]),
    ],
)
def test_a_column_that_is_written_in_another_type_is_a_mismatch(kind, written):
    with pytest.raises(Poison) as poison:
        WriterMapping(AvroReader(json.dumps(record_schema(v=written))), plan_of([column("v", kind)]).columns)
    assert (poison.value.error_class, poison.value.column) == ("SchemaMismatch", "v")


def test_a_column_that_may_be_empty_and_is_not_written_is_empty():
    plan = plan_of([column("id", "long".replace("long", "bigint")), column("later", "decimal(5,2)")])
    schema = record_schema(id="long")

    rows = WriterMapping(AvroReader(json.dumps(schema)), plan.columns).rows(
        [avro(schema, {"id": 1})], [0], Poisons()
    )

    assert rows.to_pylist() == [{"id": 1, "later": None}]


def test_a_required_column_that_is_not_written_is_a_mismatch():
    plan = plan_of([column("id", "bigint"), column("total", "int", required=True)])

    with pytest.raises(Poison) as poison:
        WriterMapping(AvroReader(json.dumps(record_schema(id="long"))), plan.columns)
    assert (poison.value.error_class, poison.value.column) == ("SchemaMismatch", "total")


@pytest.mark.parametrize(
    ("kind", "written", "value"), [("string", "string", "{}"), ("binary", "bytes", b"{}")]
)
def test_a_large_value_that_the_source_did_not_log_is_unavailable(kind, written, value):
    placeholder = "__debezium_unavailable_value"
    placeholder = placeholder if kind == "string" else placeholder.encode()

    assert _landed(kind, written, value, placeholder)[1] == {1: "UnavailableValue"}


def test_a_numeric_without_a_scale_lands_exactly_or_is_poison_alone():
    variable = {
        "type": "record",
        "name": "VariableScaleDecimal",
        "connect.name": "io.debezium.data.VariableScaleDecimal",
        "fields": [{"name": "scale", "type": "int"}, {"name": "value", "type": "bytes"}],
    }
    values = [
        {"scale": 1, "value": (15).to_bytes(1, "big", signed=True)},
        {"scale": 5, "value": (-150000).to_bytes(4, "big", signed=True)},
        {"scale": 3, "value": (1234).to_bytes(2, "big", signed=True)},
    ]

    landed, poisons = _landed("decimal(8,2)", variable, *values)

    assert landed == [Decimal("1.50"), Decimal("-1.50"), None]
    assert poisons == {2: "UndecodableValue"}


@settings(max_examples=200)
@given(
    st.lists(
        st.none() | st.decimals(min_value=-(10**19), max_value=10**19, places=4, allow_nan=False), max_size=20
    ),
    st.integers(0, 20),
)
def test_any_decimals_of_any_length_land_as_they_are(values, padding):
    schema = record_schema(v=["null", "bytes"])
    writer = record_schema(v=["null", _decimal(38, 4)])
    bodies = []
    for value in values:
        number = None if value is None else int(value.scaleb(4))
        length = None if number is None else (number.bit_length() + 8) // 8 + padding
        bodies.append(
            avro(schema, {"v": None if number is None else number.to_bytes(length, "big", signed=True)})
        )

    poisons = Poisons()
    mapping = WriterMapping(AvroReader(json.dumps(writer)), plan_of([column("v", "decimal(24,4)")]).columns)
    rows = mapping.rows(bodies, list(range(len(bodies))), poisons)

    assert rows.column("v").to_pylist() == values
    assert poisons.by_place == {}
