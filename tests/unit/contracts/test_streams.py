"""What a contract says of its stream, and what follows from it."""

import pytest
from contract_files import Contracts
from sql_bench import NAMING
from stream_contracts import BASE, CDC, EVENTS, STREAM, streaming

from data_platform.contracts.durations import iso_seconds
from data_platform.contracts.odcs import load_dataset
from data_platform.contracts.stream_merge_sql import stream_statements
from data_platform.contracts.streams import Reserved, Stream, topic_name
from data_platform.contracts.tables import raw_columns

DAY = 86_400_000


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def test_a_dataset_without_a_stream_has_none():
    assert BASE.stream is None
    assert BASE.physical_type == "table"


def test_a_stream_needs_no_more_than_partitions_and_retention(contracts):
    read = load_dataset(streaming(contracts, stream=STREAM, source=CDC))
    assert read.stream == Stream(
        topic="aviation.airlines.v1",
        dead_letters="aviation.airlines.v1.dlq",
        partitions=6,
        retention_ms=7 * DAY,
        dead_letter_retention_ms=14 * DAY,
        cleanup=("delete",),
        key=("carrier",),
        format="avro",
        compatibility="BACKWARD_ALL",
    )
    assert (read.source.method, read.extracted) == ("cdc", False)


def test_a_stream_of_events_can_say_everything(contracts):
    said = STREAM | {
        "cleanup": "compact+delete",
        "key": ["carrier"],
        "format": "protobuf",
        "compatibility": "FULL",
        "dlqRetention": "P30D",
        "reserved": [{"number": 3, "name": "alias"}],
    }
    numbers = {name: {"custom": {"fieldNumber": n}} for n, name in enumerate(("carrier", "name"), 1)}
    read = load_dataset(streaming(contracts, stream=said, source=EVENTS, topic=True, **numbers))
    assert read.physical_type == "topic"
    assert [each.field_number for each in read.columns] == [1, 2]
    stream = read.stream
    assert (stream.cleanup, stream.format, stream.compatibility) == (
        ("compact", "delete"),
        "protobuf",
        "FULL",
    )
    assert stream.dead_letter_retention_ms == 30 * DAY
    assert stream.reserved == (Reserved(number=3, name="alias"),)


def test_dead_letters_stay_twice_as_long_as_records(contracts):
    read = load_dataset(streaming(contracts, stream=STREAM | {"retention": "P20D"}, source=CDC))
    assert read.stream.dead_letter_retention_ms == 40 * DAY


def test_a_new_major_version_is_a_new_topic():
    assert [topic_name("retail", "orders", version) for version in ("1.9.3", "2.0.0")] == [
        "retail.orders.v1",
        "retail.orders.v2",
    ]


def test_a_timestamp_can_be_a_moment(contracts):
    made = {"logicalType": "timestamp", "physicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}
    read = load_dataset(streaming(contracts, stream=STREAM, source=CDC, name=made))
    assert read.column("name").instant


def test_raw_holds_a_timestamp_of_a_stream_as_text_since_athena_would_cut_its_microseconds(contracts):
    made = {"logicalType": "timestamp", "physicalType": "timestamp", "logicalTypeOptions": {}}
    read = load_dataset(streaming(contracts, stream=STREAM, source=CDC, name=made))

    assert [one.type for one in raw_columns(read) if one.name == "name"] == ["string"]
    assert read.column("name").source_type == "timestamp"
    assert "AS timestamp(6))" in stream_statements(read, NAMING)["staged"]


def test_raw_holds_a_timestamp_that_is_delivered_as_the_file_has_it(contracts):
    value = contracts.read("airlines")
    made = {"logicalType": "timestamp", "physicalType": "timestamp", "logicalTypeOptions": {}}
    contracts.column(value, "name").update(made)
    read = load_dataset(contracts.write("airlines", value))

    assert [one.type for one in raw_columns(read) if one.name == "name"] == ["timestamp"]


@pytest.mark.parametrize("text", ["", "P", "PT", "P1Y", "P1M", "7D", "P1DT", "PT1S", "P-1D", "P1D ", "P1W2D"])
def test_what_has_no_one_length_is_no_duration(text):
    with pytest.raises(ValueError, match="is no duration such as P7D"):
        iso_seconds(text)


def test_a_timestamp_that_is_kept_as_its_day_stays_a_timestamp_in_raw_as_text_of_a_moment_is_no_date(
    contracts,
):
    made = {"logicalType": "date", "physicalType": "date", "logicalTypeOptions": {}}
    made["custom"] = {"sourceType": "timestamp"}
    read = load_dataset(streaming(contracts, stream=STREAM, source=CDC, name=made))

    assert [one.type for one in raw_columns(read) if one.name == "name"] == ["timestamp"]
    assert 'CAST("name" AS date)' in stream_statements(read, NAMING)["staged"]
