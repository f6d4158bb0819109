"""The subjects of a dataset's stream: one for what is sent, and where producers send events one for its key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
from data_platform.contracts.protobuf_schema import protobuf_key_schema, protobuf_schema
from data_platform.streaming import Subject

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.streams import Stream


def key_subject(stream: Stream) -> str:
    """The name of the subject of a stream's key; that of what is sent is the topic's own."""
    return f"{stream.topic}.key"


def subjects_of(dataset: Dataset, stream: Stream) -> list[Subject]:
    """The subjects of a stream; of events with the schemas that the contract says now.

    Of changes there is one, empty: the connector registers the source's own schema, which the contract's need not
    understand and the other way round, under the stream's compatibility; keys are JSON.

    Args:
        dataset: The contract.
        stream: Its stream.
    """
    if dataset.source.method == "cdc":
        return [
            Subject(name=stream.topic, format="AVRO", compatibility=stream.compatibility, definition=None)
        ]
    written: Literal["AVRO", "PROTOBUF"] = "PROTOBUF" if stream.format == "protobuf" else "AVRO"
    if written == "PROTOBUF":
        sent, key = protobuf_schema(dataset), protobuf_key_schema(dataset)
    else:
        sent, key = _text(avro_schema(dataset)), _text(avro_key_schema(dataset))
    return [
        Subject(name=name, format=written, compatibility=stream.compatibility, definition=definition)
        for name, definition in ((stream.topic, sent), (key_subject(stream), key))
    ]


def _text(schema: dict[str, Any]) -> str:
    """Always the same text of the same schema, as a version is named by it."""
    return json.dumps(schema, separators=(",", ":"))
