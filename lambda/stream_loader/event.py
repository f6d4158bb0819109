"""The event that Lambda's event source mapping for MSK sends, as batches of one partition each."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class Record:
    """One record as Kafka holds it.

    Args:
        topic: Its topic.
        partition: Its partition.
        offset: Its place in the partition.
        timestamp: Of the record, in milliseconds since 1970.
        key: The key's bytes; None when it has none.
        value: The value's bytes; None for a tombstone.
        headers: Name and value of each header, in order; names may repeat.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Records of one partition, by offset, as the event holds them."""

    topic: str
    partition: int
    raw: Sequence[Mapping[str, Any]]

    def __len__(self) -> int:
        """How many records."""
        return len(self.raw)

    def since(self, offset: int) -> Batch:
        """The records from an offset on."""
        if not self.raw or self.raw[0]["offset"] >= offset:
            return self
        later = [record for record in self.raw if record["offset"] >= offset]
        return Batch(topic=self.topic, partition=self.partition, raw=later)

    def record(self, place: int) -> Record:
        """One record in full, as a dead letter needs it."""
        raw = self.raw[place]
        return Record(
            topic=self.topic,
            partition=self.partition,
            offset=raw["offset"],
            timestamp=raw["timestamp"],
            key=content(raw.get("key")),
            value=content(raw.get("value")),
            headers=tuple(_headers(raw.get("headers") or ())),
        )


def batches(event: Mapping[str, Any]) -> list[Batch]:
    """The batches of an event, in the order of partitions.

    Args:
        event: `eventSource` (`aws:kafka`), `eventSourceArn`, `bootstrapServers` and `records`: by
            `<topic>-<partition>` a list of `{"topic", "partition", "offset", "timestamp", "timestampType", "key",
            "value", "headers"}`, key and value in base64 or null, headers as `[{"<name>": [<byte>, ...]}, ...]`.

    Example:
        >>> record = {"topic": "t", "partition": 0, "offset": 7, "timestamp": 1, "key": "YQ==", "headers": []}
        >>> batches({"records": {"t-0": [record]}})[0].record(0).key
        b'a'
    """
    found = [
        Batch(
            topic=records[0]["topic"],
            partition=records[0]["partition"],
            raw=sorted(records, key=lambda record: int(record["offset"])),
        )
        for records in event["records"].values()
        if records
    ]
    return sorted(found, key=lambda batch: (batch.topic, batch.partition))


def content(text: str | None) -> bytes | None:
    """The bytes of a key or value; an empty one is not a missing one.

    Example:
        >>> content("YQ=="), content(""), content(None)
        (b'a', b'', None)
    """
    return None if text is None else binascii.a2b_base64(text)


def _headers(listed: Sequence[Mapping[str, Sequence[int] | None]]) -> Iterator[tuple[str, bytes | None]]:
    for header in listed:
        for name, value in header.items():
            # The mapping writes Java's bytes, -128 to 127.
            yield name, None if value is None else bytes([byte & 0xFF for byte in value])
