"""The subjects of a dataset's stream: one for what is sent, one for its key where that has a schema, too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from data_platform.streaming import Subject

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.streams import Stream


def key_subject(stream: Stream) -> str:
    """The name of the subject of a stream's key."""
    return f"{stream.topic}.key"


def subjects_of(dataset: Dataset, stream: Stream) -> list[Subject]:
    """The subjects of a stream, with the schemas that the contract says now.

    Args:
        dataset: The contract.
        stream: Its stream.
    """
    from data_platform.contracts.avro_schema import avro_key_schema, avro_schema  # S1
    from data_platform.contracts.protobuf_schema import protobuf_schema

    if stream.format == "protobuf":
        definition = protobuf_schema(dataset)
        return [
            Subject(
                name=stream.topic,
                format="PROTOBUF",
                compatibility=stream.compatibility,
                definition=definition,
            )
        ]
    return [
        Subject(name=name, format="AVRO", compatibility=stream.compatibility, definition=_text(schema))
        for name, schema in (
            (stream.topic, avro_schema(dataset)),
            (key_subject(stream), avro_key_schema(dataset)),
        )
    ]


def _text(schema: object) -> str:
    return json.dumps(schema, separators=(",", ":"))
