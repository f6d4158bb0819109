"""What a stream must make sense of beyond its shape: source, key, retention, privacy, schema."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from data_platform.contracts.avro_schema import avro_schema
from data_platform.contracts.column_types import is_type
from data_platform.contracts.custom_properties import custom_place
from data_platform.contracts.durations import DAY
from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.field_numbers import check_field_numbers
from data_platform.contracts.model import LoadMode
from data_platform.contracts.protobuf_schema import protobuf_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.place import Place
    from data_platform.contracts.streams import Stream

_TOPIC = re.compile(r"[a-zA-Z0-9._-]+")
_LONGEST_TOPIC = 249  # Kafka's own bound
_LONGEST_SCHEMA = 170_000  # characters that the Glue schema registry takes
_SHORTEST_MS, _LONGEST_MS = 3_600_000, 366 * DAY * 1_000


def check_stream(root: Place, places: Sequence[Place], dataset: Dataset) -> None:
    """Report what does not fit together, each thing where it stands.

    Args:
        root: The contract.
        places: Its columns.
        dataset: What was read from it.
    """
    _check_source(root, dataset)
    _check_moments(places, dataset)
    check_field_numbers(root, places, dataset)
    stream = dataset.stream
    if stream is None:
        return
    place = custom_place(root, "stream")
    _check_topic(place, stream)
    _check_key(place, dataset, stream)
    _check_retention(place, dataset, stream)
    _check_masks(place, dataset, stream)
    if not root.findings and all(is_type(column.source_type) for column in dataset.columns):
        _check_size(place, dataset, stream)


def _check_source(root: Place, dataset: Dataset) -> None:
    source, changes = dataset.source, dataset.source.method == "cdc"
    events = dataset.physical_type == "topic"
    place = custom_place(root, "source")
    if events and (source.table or source.method != "delivery"):
        place.report(
            "physicalType topic means events that producers send, and a table of a database stands here",
            mend="remove method and table, or write `physicalType: table` and `method: cdc`",
        )
    if dataset.stream is None and (changes or events):
        place.report(
            f"{'method cdc' if changes else 'physicalType topic'} needs a topic, and no stream is written",
            mend="add customProperties `stream: {partitions: 3, retention: P7D}`",
        )
    if dataset.stream is not None and not (changes or events):
        custom_place(root, "stream").report(
            "a stream stands here, and the rows are delivered or extracted",
            mend="write `method: cdc` in source, or `physicalType: topic` for events, or remove the stream",
        )
    if dataset.stream is not None and not changes and dataset.load_mode is LoadMode.SNAPSHOT:
        custom_place(root, "loadMode").report(
            "loadMode snapshot takes a day for the whole state, and a stream brings one row at a time",
            mend="write `loadMode: partition`",
        )
    if dataset.stream is not None and source.format != "parquet":
        place.report(f"a stream is kept as Parquet, not {source.format}", mend="write `format: parquet`")


def _check_moments(places: Sequence[Place], dataset: Dataset) -> None:
    for place, column in zip(places, dataset.columns, strict=True):
        if column.instant and dataset.stream is None:
            place["logicalTypeOptions"]["timezone"].report(
                "only schemas of streams tell a moment from a local time, and there is no stream",
                mend="remove timezone; say in the description that the timestamp is UTC",
            )


def _check_topic(place: Place, stream: Stream) -> None:
    longest = max(stream.topic, stream.dead_letters, key=len)
    if not _TOPIC.fullmatch(longest) or len(longest) > _LONGEST_TOPIC:
        place.report(
            f"{longest[:60]!r} is no name of a topic",
            allowed=f"letters, digits, '.', '_' and '-', at most {_LONGEST_TOPIC} characters",
            mend="give the domain or the dataset another name",
        )


def _check_key(place: Place, dataset: Dataset, stream: Stream) -> None:
    spot = place.get("key") or place
    columns = {column.name: column for column in dataset.columns}
    for name in stream.key:
        if name not in columns:
            spot.report(
                f"there is no column {name!r} to be the key",
                allowed=", ".join(columns),
                mend=did_you_mean(name, list(columns)),
            )
        elif not columns[name].required:
            spot.report(f"{name} is part of the key and may be empty", mend=f"add `required: true` to {name}")
    beyond = [name for name in stream.key if name in columns and name not in dataset.primary_key]
    if dataset.source.method == "cdc" and beyond:
        spot.report(
            f"{', '.join(beyond)} can change while the row stays: its changes would come over two partitions, "
            "in no order",
            allowed=f"columns of the primary key: {', '.join(dataset.primary_key)}",
            mend="remove key, and the primary key is taken",
        )
    missing = [name for name in dataset.primary_key if name not in stream.key]
    if dataset.source.method == "cdc" and missing and not beyond:
        spot.report(
            f"a deletion tells its key and nothing else, and without {', '.join(missing)} no row is known by it",
            allowed=f"the primary key: {', '.join(dataset.primary_key)}",
            mend="remove key, and the primary key is taken",
        )
    if "compact" in stream.cleanup and set(stream.key) != set(dataset.primary_key):
        spot.report(
            "compaction keeps the last record of each key, and this key does not tell rows apart",
            allowed=f"the primary key: {', '.join(dataset.primary_key)}",
            mend="remove key, or write `cleanup: delete`",
        )


def _check_retention(place: Place, dataset: Dataset, stream: Stream) -> None:
    promised = dataset.retention.days * DAY * 1_000
    for name, kept in (
        ("retention", stream.retention_ms),
        ("dlqRetention", stream.dead_letter_retention_ms),
    ):
        spot = place.get(name) or place
        if not _SHORTEST_MS <= kept <= _LONGEST_MS:
            spot.report(f"{name} is {_shown(kept)}", allowed="an hour (PT1H) to 366 days (P366D)")
        elif kept > promised:
            spot.report(
                f"{name} of {_shown(kept)} outlives the dataset's own retention of {dataset.retention.days} days",
                mend=f"write a shorter {name}",
            )
    if stream.dead_letter_retention_ms < stream.retention_ms:
        (place.get("dlqRetention") or place).report(
            "dead letters would be gone before the records that they came from",
            mend="make dlqRetention as long as retention, or longer",
        )


def _shown(milliseconds: int) -> str:
    minutes = milliseconds // 60_000
    return f"{minutes // 1440} days" if minutes % 1440 == 0 else f"{minutes} minutes"


def _check_masks(place: Place, dataset: Dataset, stream: Stream) -> None:
    masked = [each.name for each in dataset.columns if each.masking and each.masking.when == "landing"]
    events = dataset.physical_type == "topic"
    if masked and stream.masked_by is None:
        place.report(
            f"{', '.join(masked)} {'is' if len(masked) == 1 else 'are'} masked at landing, and a stream passes by "
            "the job that masks",
            allowed="consumer (the topic holds clear text, under the domain's key)"
            + (", producer (events are sent masked)" if events else ""),
            mend="add `maskedBy: consumer`, or mask when queried",
        )
    if stream.masked_by and not masked:
        place["maskedBy"].report("no column is masked at landing", mend="remove maskedBy")
    if stream.masked_by == "producer" and not events:
        place["maskedBy"].report(
            "the producer is a connector that copies what the database holds, and masks nothing",
            allowed="consumer",
        )
    in_clear = [name for name in stream.key if name in masked]
    if stream.masked_by == "consumer" and in_clear:
        (place.get("key") or place).report(
            f"{', '.join(in_clear)} would stand in clear in the key, which tools show and logs repeat",
            mend="choose another key, or mask when queried",
        )
    personal = dataset.subject is not None or any(column.pii for column in dataset.columns)
    if personal and "delete" not in stream.cleanup:
        (place.get("cleanup") or place).report(
            "a compacted topic keeps the last record of each person for ever",
            mend="write `cleanup: compact+delete`",
        )


def _check_size(place: Place, dataset: Dataset, stream: Stream) -> None:
    text = protobuf_schema(dataset) if stream.format == "protobuf" else json.dumps(avro_schema(dataset))
    if len(text) > _LONGEST_SCHEMA:
        place.report(
            f"the schema has {len(text)} characters",
            allowed=f"at most {_LONGEST_SCHEMA} in the Glue schema registry",
            mend="shorten descriptions, or split the dataset",
        )
