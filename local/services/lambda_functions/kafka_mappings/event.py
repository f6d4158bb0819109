"""The event of a batch, as Lambda writes it, and where a batch must be cut to fit a synchronous invocation."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# A synchronous invocation's request: 6 MB.
LARGEST_PAYLOAD = 6 * 1024 * 1024
_ENVELOPE, _FIELDS = 4096, 200
_KINDS = {1: "CREATE_TIME", 2: "LOG_APPEND_TIME"}
_JAVA = 128
_HEADER = 16  # braces, quotes, brackets and commas of a header, or its null
_CHARACTER = 12  # of a name: beyond the first 65,536 JSON writes two escapes
# How many characters a byte of a header takes, with its comma and space.
_WIDTHS = bytes(len(str(byte - 256 if byte >= _JAVA else byte)) + 2 for byte in range(256))


def event(source_arn: str, bootstrap: str, messages: Sequence[Any]) -> dict[str, Any]:
    """The event of these messages (`confluent_kafka.Message`): by topic and partition, in order."""
    records: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        records.setdefault(f"{message.topic()}-{message.partition()}", []).append(record(message))
    return {
        "eventSource": "aws:kafka",
        "eventSourceArn": source_arn,
        "bootstrapServers": bootstrap,
        "records": records,
    }


def record(message: Any) -> dict[str, Any]:
    """One message; a key or value that is null is not there, bytes of headers are Java's, from -128 to 127."""
    kind, moment = message.timestamp()
    told = {
        "topic": message.topic(),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": moment,
        "timestampType": _KINDS.get(kind, "NO_TIMESTAMP_TYPE"),
    }
    for name, content in (("key", message.key()), ("value", message.value())):
        if content is not None:
            told[name] = base64.b64encode(content).decode()
    told["headers"] = [{name: _java(value)} for name, value in message.headers() or ()]
    return told


def first_cut(messages: Sequence[Any]) -> int:
    """How many of the first messages fit one invocation; at least one.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html, batching behaviour.
    """
    size = _ENVELOPE
    for count, message in enumerate(messages):
        size += _length(message)
        if size > LARGEST_PAYLOAD and count:
            return count
    return len(messages)


def _length(message: Any) -> int:
    """At most so many characters has a record in the event."""
    encoded = sum(4 * (len(content) // 3 + 1) for content in (message.key(), message.value()) if content)
    headers = sum(
        _CHARACTER * len(name) + sum((value or b"").translate(_WIDTHS)) + _HEADER
        for name, value in message.headers() or ()
    )
    return _FIELDS + 2 * len(message.topic()) + encoded + headers


def _java(value: bytes | None) -> list[int] | None:
    """A header's bytes as Java counts them.

    Example:
        >>> _java("aé".encode())
        [97, -61, -87]
    """
    return None if value is None else [byte - 2 * _JAVA if byte >= _JAVA else byte for byte in value]
