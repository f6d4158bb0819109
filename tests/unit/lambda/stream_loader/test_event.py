"""The event of the mapping is read as records of Kafka, whatever their bytes and order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stream_loader.event import batches
from stream_loader.poison import Poisons
from stream_loader.positions import of_changes
from stream_loader.settings import MissingSetting, Settings

from tests.stream_records import TOPIC, batch, event, headers, message


@given(st.none() | st.binary(), st.none() | st.binary(), st.lists(st.tuples(st.text(), st.binary())))
def test_a_record_has_the_bytes_that_kafka_had(key, value, said):
    made = message(5, key, value, {})
    made["headers"] = [
        {name: [byte - 256 if byte > 127 else byte for byte in content]} for name, content in said
    ]

    record = batch(made).record(0)

    assert (record.key, record.value, record.headers) == (key, value, tuple(said))
    assert (record.topic, record.partition, record.offset) == (TOPIC, 0, 5)


def test_partitions_are_batches_of_their_own_in_order_of_offsets():
    records = [
        message(offset, b"k", b"v", partition=partition) for offset in (9, 3, 7) for partition in (1, 0)
    ]

    found = batches(event(*records))

    assert [(one.partition, [record["offset"] for record in one.raw]) for one in found] == [
        (0, [3, 7, 9]),
        (1, [3, 7, 9]),
    ]


@pytest.mark.parametrize(("offset", "left"), [(0, 3), (3, 3), (4, 2), (9, 1), (10, 0)])
def test_records_below_an_offset_are_left_out(offset, left):
    records = [message(at, b"k", b"v") for at in (3, 7, 9)]

    assert len(batch(*records).since(offset)) == left


def test_a_header_that_is_empty_is_none():
    made = message(0, b"k", b"v", {})
    made["headers"] = [{"__source_snapshot": None}]

    assert batch(made).record(0).headers == (("__source_snapshot", None),)


def test_headers_are_found_in_any_order_and_the_last_of_a_name_counts():
    usual = message(0, b"k", b"v", headers("c", 1))
    turned = message(1, b"k", b"v", headers("u", 2))
    turned["headers"] = list(reversed(turned["headers"]))
    twice = message(2, b"k", b"v", headers("c", 3))
    twice["headers"] = [*twice["headers"], {"__op": list(b"d")}]
    foreign = message(3, b"k", b"v", {"__op": "ü".encode(), "__source_lsn": "ü".encode()})

    poisons = Poisons()
    found = of_changes([usual, turned, twice, foreign], poisons)

    assert found.operations == ["c", "u", "d", None]
    assert found.positions.to_pylist()[:3] == [f"{lsn:020d}" for lsn in (1, 2, 3)]
    assert set(poisons.by_place) == {3}


def test_a_missing_variable_is_named():
    with pytest.raises(MissingSetting, match="CLUSTER_ARN"):
        Settings.of(
            {"STREAM_PLAN_BUCKET": "b", "STREAM_PLAN_KEY": "k", "LEDGER_TABLE": "t", "WORKGROUP": "w"}
        )
