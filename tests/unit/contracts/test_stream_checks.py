"""A stream that does not fit together is refused where it stands, with what to write instead."""

import pytest
from contract_files import Contracts
from stream_contracts import CDC, EVENTS, STREAM, streaming

from data_platform.contracts.errors import ContractError
from data_platform.contracts.odcs import load_dataset

MASKED = {
    "classification": "confidential",
    "custom": {"pii": True, "masking": {"method": "tokenize", "when": "landing"}},
}
NUMBERS = {name: {"custom": {"fieldNumber": n}} for n, name in enumerate(("carrier", "name"), 1)}


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def refusal(contracts, **changes):
    said = {"stream": STREAM, "source": CDC} | changes
    with pytest.raises(ContractError) as refused:
        load_dataset(streaming(contracts, **said))
    return str(refused.value)


def columns(**more):
    """Copies, since a test must not change another's columns."""
    return {name: dict(fields) for name, fields in more.items()}


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        ({}, "partitions"),
        ({"partitions": 0, "retention": "P7D"}, "value.partitions: 0 is too small, at least 1"),
        ({"partitions": 201, "retention": "P7D"}, "value.partitions: 201 is too large, at most 200"),
        ({"partitions": 3, "retention": "7 days"}, "allowed: an ISO 8601 duration in weeks, or in days"),
        ({"partitions": 3, "retention": "P1Y"}, "'P1Y' is not allowed; allowed: an ISO 8601 duration"),
        (STREAM | {"topic": "mine"}, "topic"),
        (STREAM | {"compatability": "FULL"}, "did you mean 'compatibility'"),
        (STREAM | {"compatibility": "BACKWARD_TRANSITIVE"}, "BACKWARD_TRANSITIVE"),
        (STREAM | {"cleanup": "compaction"}, "compaction"),
        (STREAM | {"key": []}, "customProperties[stream].value.key"),
        (STREAM | {"key": ["carrier", "carrier"]}, "an item twice"),
        (STREAM | {"format": "json"}, "json"),
        (STREAM | {"retention": "PT30M"}, "retention is 30 minutes; allowed: an hour (PT1H) to 366 days"),
        (STREAM | {"retention": "P400D"}, "retention is 400 days; allowed: an hour (PT1H) to 366 days"),
        (STREAM | {"retention": "P300D"}, "dlqRetention is 600 days; allowed"),
        (STREAM | {"dlqRetention": "P6D"}, "dead letters would be gone before the records"),
        (STREAM | {"key": ["carier"]}, "there is no column 'carier' to be the key; allowed: carrier, name; did you mean 'carrier'"),
        (STREAM | {"key": ["name"]}, "name can change while the row stays"),
        (STREAM | {"key": ["carrier", "name"], "cleanup": "compact"}, "this key does not tell rows apart"),
        (STREAM | {"maskedBy": "consumer"}, "no column is masked at landing"),
        (STREAM | {"reserved": [{"number": 3, "name": "alias"}]}, "numbers are reserved in Protobuf alone"),
        (STREAM | {"format": "protobuf"}, "the connector of a database writes Avro"),
    ],
)  # fmt: skip
def test_a_stream_of_changes_that_does_not_fit_is_refused(contracts, stream, message):
    assert message in refusal(contracts, stream=stream)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stream": None}, "method cdc needs a topic, and no stream is written"),
        ({"stream": None, "source": EVENTS, "topic": True}, "physicalType topic needs a topic"),
        ({"source": EVENTS}, "a stream stands here, and the rows are delivered or extracted"),
        ({"source": CDC | {"method": "extractor"}}, "a stream stands here, and the rows are delivered"),
        ({"topic": True}, "physicalType topic means events that producers send"),
        ({"source": {k: v for k, v in CDC.items() if k != "table"}}, "method cdc reads a table, and none"),
        ({"source": CDC | {"format": "csv"}}, "a stream is kept as Parquet, not csv"),
        ({"source": EVENTS | {"format": "csv"}, "topic": True}, "a stream is kept as Parquet, not csv"),
        ({"source": CDC | {"read": "full"}}, "read stands beside method cdc"),
        ({"source": CDC | {"watermark": {"column": "x", "overlapMinutes": 1}}}, "watermark stands beside method cdc"),
        ({"load_mode": "snapshot"}, "method cdc brings changes"),
        ({"load_mode": "snapshot", "source": EVENTS, "topic": True}, "a stream brings one row at a time"),
    ],
)  # fmt: skip
def test_a_stream_and_its_source_go_together(contracts, changes, message):
    assert message in refusal(contracts, **changes)


@pytest.mark.parametrize("made", [{"physicalType": "timstamp"}, {"custom": {"sourceType": "datetime"}}])
def test_a_type_that_no_column_has_is_refused_in_a_stream_as_elsewhere(contracts, made):
    assert "is not a column type; allowed: boolean, int, bigint" in refusal(contracts, name=made)


def test_a_key_column_must_be_filled_in(contracts):
    found = refusal(
        contracts,
        source=EVENTS,
        topic=True,
        stream=STREAM | {"key": ["name"]},
        name={"required": False},
    )
    assert "name is part of the key and may be empty" in found


def test_a_topic_has_a_name_that_kafka_takes(contracts):
    value = contracts.read("airlines")
    value["domain"] = "a" * 250
    contracts.write("airlines", value)
    assert "is no name of a topic" in refusal(contracts)


def test_records_may_not_outlive_the_dataset(contracts):
    contracts.replace("airlines", "unit: years", "unit: days")
    value = contracts.read("airlines")
    next(item for item in value["slaProperties"] if item["property"] == "retention")["value"] = 10
    for item in value["customProperties"]:
        if item["property"] == "retention":
            item["value"] = {"noncurrentDays": 1}
    contracts.write("airlines", value)
    found = refusal(contracts)
    assert "dlqRetention of 14 days outlives the dataset's own retention of 10 days" in found


def test_what_is_masked_at_landing_asks_who_masks_it(contracts):
    found = refusal(contracts, **columns(name=MASKED))
    assert "name is masked at landing, and a stream passes by the job that masks" in found
    assert "allowed: consumer (the topic holds clear text, under the domain's key)" in found


def test_the_consumer_may_mask(contracts):
    said = STREAM | {"maskedBy": "consumer"}
    read = load_dataset(streaming(contracts, stream=said, source=CDC, **columns(name=MASKED)))
    assert read.stream.masked_by == "consumer"


def test_a_connector_masks_nothing(contracts):
    found = refusal(contracts, stream=STREAM | {"maskedBy": "producer"}, **columns(name=MASKED))
    assert "copies what the database holds, and masks nothing; allowed: consumer" in found


def test_a_producer_of_events_may_mask(contracts):
    said = STREAM | {"maskedBy": "producer", "key": ["carrier"]}
    read = load_dataset(
        streaming(contracts, stream=said, source=EVENTS, topic=True, **columns(carrier=MASKED))
    )
    assert read.stream.masked_by == "producer"


def test_no_key_shows_what_the_consumer_masks(contracts):
    found = refusal(contracts, stream=STREAM | {"maskedBy": "consumer"}, **columns(carrier=MASKED))
    assert "carrier would stand in clear in the key" in found


def test_a_person_is_not_compacted_for_ever(contracts):
    said = STREAM | {"maskedBy": "consumer", "cleanup": "compact"}
    assert "keeps the last record of each person for ever" in refusal(
        contracts, stream=said, **columns(name=MASKED)
    )
    said["cleanup"] = "compact+delete"
    assert load_dataset(streaming(contracts, stream=said, source=CDC)).stream.cleanup == ("compact", "delete")


def test_only_streams_tell_a_moment_from_a_local_time(contracts):
    made = {"logicalType": "timestamp", "physicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}
    found = refusal(contracts, stream=None, source=EVENTS, name=made)
    assert "properties[name].logicalTypeOptions.timezone: only schemas of streams tell" in found


def test_a_schema_that_the_registry_cannot_take_is_refused(contracts):
    value = contracts.read("airlines")
    contracts.column(value, "name")["description"] = "long " * 40_000
    contracts.write("airlines", value)
    assert "at most 170000 in the Glue schema registry" in refusal(contracts)


@pytest.mark.parametrize(
    ("more", "reserved", "message"),
    [
        ({}, (), "properties[carrier]: has no fieldNumber, by which Protobuf finds it in bytes; add customProperties fieldNumber 1"),
        ({"carrier": {"custom": {"fieldNumber": 7}}}, (), "properties[name]: has no fieldNumber, by which Protobuf finds it in bytes; add customProperties fieldNumber 8"),
        ({"carrier": {"custom": {"fieldNumber": 7}}, "name": {"custom": {"fieldNumber": 7}}}, (), "7 is already the number of carrier; write 8"),
        (NUMBERS, ((2, "alias"),), "2 was the number of 'alias', and old records still say so; write 3"),
        (NUMBERS, ((3, "alias"), (3, "other")), "a number or a name is reserved twice"),
        (NUMBERS, ((3, "name"),), "'name' is reserved as gone, and there is such a column"),
        ({"carrier": {"custom": {"fieldNumber": 19_000}}}, (), "fieldNumber"),
        ({"carrier": {"custom": {"fieldNumber": 0}}}, (), "fieldNumber"),
    ],
)  # fmt: skip
def test_a_protobuf_stream_numbers_each_column_once_and_for_all(contracts, more, reserved, message):
    said = STREAM | {"format": "protobuf"}
    if reserved:
        said["reserved"] = [{"number": number, "name": name} for number, name in reserved]
    found = refusal(contracts, stream=said, source=EVENTS, topic=True, **columns(**more))
    assert message in found


def test_numbers_without_protobuf_are_idle(contracts):
    found = refusal(contracts, **columns(carrier={"custom": {"fieldNumber": 1}}))
    assert "numbers are of Protobuf streams alone" in found
