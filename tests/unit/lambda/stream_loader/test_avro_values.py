"""Many records decode as each alone, and a broken one breaks no other."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_loader.avro_values import AvroReader
from stream_loader.poison import Poison

from tests.stream_records import avro, record_schema

SCHEMA = record_schema(id="long", name=["null", "string"], amount="bytes")
READER = AvroReader(json.dumps(SCHEMA))
ROWS = st.fixed_dictionaries(
    {"id": st.integers(-(2**63), 2**63 - 1), "name": st.none() | st.text(), "amount": st.binary()}
)


def _found(decoded):
    return {
        name: values.to_pylist() if isinstance(values, pa.Array) else list(values)
        for name, values in decoded.columns.items()
    }


def _columns(rows):
    return {name: [row[name] for row in rows] for name in ("id", "name", "amount")}


@given(st.lists(ROWS, max_size=40))
def test_rows_come_back_as_they_were_written(rows):
    decoded = READER.read([avro(SCHEMA, row) for row in rows])

    assert _found(decoded) == _columns(rows)
    assert decoded.broken == {}


@given(st.lists(st.tuples(ROWS, st.sampled_from(["whole", "cut", "longer"])), min_size=1, max_size=30))
def test_a_record_that_is_cut_or_longer_is_broken_alone(given_rows):
    bodies = []
    for row, how in given_rows:
        body = avro(SCHEMA, row)
        bodies.append({"whole": body, "cut": body[:-1], "longer": body + b"\0"}[how])

    decoded = READER.read(bodies)

    assert set(decoded.broken) == {place for place, (_, how) in enumerate(given_rows) if how != "whole"}
    expected = [row if how == "whole" else dict.fromkeys(row) for row, how in given_rows]
    assert _found(decoded) == _columns(expected)


def test_bytes_that_a_record_lacks_are_not_taken_from_its_neighbour():
    # Joined, these two would read as two records of another split.
    whole = avro(SCHEMA, {"id": 1, "name": "a", "amount": b"xy"})

    decoded = READER.read([whole[:-1], whole[-1:] + whole])

    assert set(decoded.broken) == {0, 1}


def test_text_that_is_no_utf8_is_undecodable_alone():
    good = avro(SCHEMA, {"id": 1, "name": "a", "amount": b""})

    decoded = READER.read([good, b"\x02\x02\x02\xff\x00", good])

    assert {place: poison.error_class for place, poison in decoded.broken.items()} == {1: "UndecodableValue"}


@pytest.mark.parametrize("schema", ['"string"', '{"type": "array", "items": "long"}', '["null", "long"]'])
def test_a_schema_that_is_no_record_is_a_mismatch(schema):
    with pytest.raises(Poison) as poison:
        AvroReader(schema)
    assert poison.value.error_class == "SchemaMismatch"
