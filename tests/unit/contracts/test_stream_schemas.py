"""What is generated from any contract, the official compilers take, and every value comes back exactly."""

import dataclasses
import itertools
import json
import warnings
from pathlib import Path

import avro.schema
import fastavro
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from stream_contracts import BASE, accepted, column
from stream_values import TEXT, from_protobuf, message_class, rows, through_avro, to_protobuf

from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
from data_platform.contracts.odcs import load_domains
from data_platform.contracts.protobuf_schema import protobuf_key_schema, protobuf_schema
from data_platform.contracts.streams import Stream

DATASETS = [
    dataset for domain in load_domains(Path(__file__).parents[3] / "domains") for dataset in domain.datasets
]
# Names that a language has a use for, and pairs that Protobuf's JSON or an enumeration's scope would take for one.
TELLING = (
    "message", "option", "optional", "required", "repeated", "reserved", "string", "int32", "bytes", "enum", "oneof",
    "map", "package", "syntax", "import", "class", "def", "none", "null", "true", "inf", "nan", "default", "value",
    "foo_1", "foo1", "a__b", "a_b", "ab", "to", "max", "stream", "record", "fixed", "union", "timestamp",
)  # fmt: skip
NAMES = st.sampled_from(TELLING) | st.from_regex(r"[a-z][a-z0-9_]{0,24}", fullmatch=True)
DOMAINS = st.sampled_from(("message", "package", "retail", "v1", "string")) | st.from_regex(
    r"[a-z][a-z0-9]{0,14}", fullmatch=True
)
DECIMALS = st.integers(1, 38).flatmap(
    lambda digits: st.integers(0, digits).map(lambda scale: f"decimal({digits},{scale})")
)
TYPES = DECIMALS | st.sampled_from(
    ("boolean", "int", "bigint", "float", "double", "string", "date", "timestamp")
)
SYMBOLS = st.lists(
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
    | st.sampled_from(("NEW", "new", "null", "VALUE_UNSPECIFIED", "option", "reserved", "message", "inf")),
    min_size=1,
    max_size=4,
    unique=True,
)


@st.composite
def made_datasets(draw):
    """Any dataset of events that a contract can describe."""
    names = draw(st.lists(NAMES, min_size=1, max_size=8, unique=True))
    numbers = draw(st.lists(st.integers(1, 18_999), min_size=len(names), max_size=len(names), unique=True))
    columns, checks = [], []
    for place, (name, number) in enumerate(zip(names, numbers, strict=True)):
        physical = draw(TYPES)
        columns.append(
            column(
                name,
                physical,
                required=place == 0 or draw(st.booleans()),
                field_number=number,
                instant=physical == "timestamp" and draw(st.booleans()),
                description=draw(TEXT),
            )
        )
        if physical == "string" and draw(st.booleans()):
            checks.append(accepted(name, *draw(SYMBOLS)))
    return dataclasses.replace(
        BASE,
        domain=draw(DOMAINS),
        name=draw(NAMES),
        description=draw(TEXT),
        columns=tuple(columns),
        primary_key=(names[0],),
        checks=tuple(checks),
        physical_type="topic",
        stream=stream((names[0],)),
    )


def stream(key):
    return Stream(
        topic="a.b.v1",
        dead_letters="a.b.v1.dlq",
        partitions=1,
        retention_ms=1,
        dead_letter_retention_ms=1,
        cleanup=("delete",),
        key=key,
        format="avro",
        compatibility="NONE",
    )


def compiles(dataset):
    """By Apache Avro's own parser, fastavro's, and protoc."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", avro.errors.IgnoredLogicalType)
        for schema in (avro_schema(dataset), avro_key_schema(dataset)):
            avro.schema.parse(json.dumps(schema))
            fastavro.parse_schema(schema)
    for text in (protobuf_schema(dataset), protobuf_key_schema(dataset)):
        message_class(text)


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda one: f"{one.domain}.{one.name}")
def test_the_schemas_of_every_real_contract_compile(dataset):
    compiles(dataclasses.replace(dataset, stream=stream(dataset.primary_key)))


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda one: f"{one.domain}.{one.name}")
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_value_of_a_real_contract_comes_back(dataset, data):
    row = data.draw(rows(dataset))
    assert through_avro(dataset, row) == row
    assert from_protobuf(dataset, to_protobuf(dataset, row)) == row


@seed(6)
@settings(max_examples=500, database=None, suppress_health_check=list(HealthCheck))
@given(dataset=made_datasets(), data=st.data())
def test_the_schemas_of_any_contract_compile_and_bring_every_value_back(dataset, data):
    compiles(dataset)
    row = data.draw(rows(dataset))
    for back in (through_avro(dataset, row), from_protobuf(dataset, to_protobuf(dataset, row))):
        assert back == row
        # Equal values can differ in type and digits: True is 1, and 1.5 is not 1.50 here.
        assert {name: (type(one), str(one)) for name, one in back.items()} == {
            name: (type(one), str(one)) for name, one in row.items()
        }


@pytest.mark.parametrize(
    ("one", "other"),
    list(itertools.combinations(("foo_1", "foo1", "foo__1", "foo_1_"), 2)),
)
def test_names_that_protobufs_json_would_take_for_one_stay_two(one, other):
    columns = (column(one, required=True, field_number=1), column(other, required=True, field_number=2))
    message = message_class(protobuf_schema(dataclasses.replace(BASE, columns=columns)))
    assert [field.json_name for field in message.DESCRIPTOR.fields] == [one, other]
