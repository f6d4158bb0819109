"""Values are seen by their own schema version and written by the newest; what is not touched keeps its bytes."""

from __future__ import annotations

import io
import json

import fastavro
import pytest

from operations.streams.avro_json import Misfit
from operations.streams.values import Values
from tests.stream_records import TOPIC, Registry, avro, framed

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}
MOMENT = {"type": "long", "logicalType": "timestamp-micros"}
FIELDS = [
    {"name": "id", "type": "long"},
    {"name": "price", "type": ["null", DECIMAL]},
    {"name": "at", "type": MOMENT},
    {"name": "photo", "type": ["null", "bytes"], "default": None},
]


def _schema(*more):
    return {"type": "record", "name": "Value", "namespace": "shop", "fields": [*FIELDS, *more]}


@pytest.fixture
def registry(aws):
    return Registry(aws.client("glue"))


@pytest.fixture
def values(registry):
    return Values(registry.glue, registry=registry.name)


@pytest.fixture
def value(registry):
    version = registry.version(_schema())
    return framed(
        version, avro(_schema(), {"id": 2**60, "price": None, "at": 1_767_268_800_000_001, "photo": b"\x00"})
    )


def test_a_value_is_seen_by_its_columns(values, value):
    seen = values.read(value)

    assert seen.subject == TOPIC
    assert seen.view == {
        "id": 2**60,
        "price": None,
        "at": "2026-01-01T12:00:00.000001+00:00",
        "photo": {"base64": "AA=="},
    }


def test_what_is_not_changed_keeps_its_bytes(values, value):
    seen = values.read(value)

    assert values.write(seen.view, before=value, seen=seen, subject=TOPIC) is value


def test_what_is_changed_is_written_by_the_newest_version(values, value, registry):
    newest = _schema({"name": "note", "type": "string", "default": "none"})
    version = registry.version(newest)
    seen = values.read(value)

    written = values.write({**seen.view, "price": "12.50"}, before=value, seen=seen, subject=TOPIC)

    assert written[:18] == framed(version, b"")
    row = fastavro.schemaless_reader(io.BytesIO(written[18:]), fastavro.parse_schema(newest), None)
    assert (row["id"], str(row["price"]), row["photo"], row["note"]) == (2**60, "12.50", b"\x00", "none")
    assert values.read(written).view["at"] == seen.view["at"]


def test_a_compressed_value_is_seen_as_well(values, registry):
    version = registry.version(_schema())
    row = {"id": 1, "price": None, "at": 0, "photo": None}

    assert values.read(framed(version, avro(_schema(), row), compressed=True)).view["id"] == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"prize": 1}, "the schema has no prize"),
        ({"id": "one"}, "value.id: 'one' is no long"),
        ({"id": 1.5}, "value.id: 1.5 is no long"),
        ({"at": "yesterday"}, "is no timestamp-micros"),
        ({"price": "12.505"}, "newest version"),
    ],
)
def test_what_does_not_fit_the_schema_is_refused_with_its_place(values, value, change, told):
    seen = values.read(value)

    with pytest.raises(Misfit, match=told):
        values.write({**seen.view, **change}, before=value, seen=seen, subject=TOPIC)


def test_bytes_that_no_schema_explains_are_base64_and_can_be_given_so(values, value):
    seen = values.read(value[:-3])

    assert seen.subject is None
    assert set(seen.view) == {"base64"}
    assert values.write({"base64": "eA=="}, before=value, seen=seen, subject=TOPIC) == b"x"
    with pytest.raises(Misfit, match="base64"):
        values.write({"base64": "#"}, before=value, seen=seen, subject=TOPIC)


def test_a_row_for_bytes_that_no_schema_explains_is_written_by_the_topics_subject(values, value):
    broken = b"\xff" + value[1:]
    row = {"id": 1, "price": "1.00", "at": "2026-01-01T00:00:00+00:00", "photo": None}

    written = values.write(row, before=broken, seen=values.read(broken), subject=TOPIC)

    assert values.read(written).view == row


def test_a_json_key_stays_json(values):
    key = json.dumps({"order_id": 1}).encode()
    seen = values.read(key)

    assert values.write({"order_id": 2}, before=key, seen=seen, subject=f"{TOPIC}.key") == b'{"order_id":2}'


def test_a_version_of_another_registry_is_not_decoded(values, aws):
    other = Registry(aws.client("glue"))
    version = other.version(_schema())
    row = {"id": 1, "price": None, "at": 0, "photo": None}

    assert values.read(framed(version, avro(_schema(), row))).subject is None
