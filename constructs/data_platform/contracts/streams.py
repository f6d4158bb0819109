"""The topic over which a dataset's rows arrive: what the contract's `stream` says, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from data_platform.contracts.custom_properties import custom
from data_platform.contracts.durations import DAY, iso_seconds

if TYPE_CHECKING:
    from data_platform.contracts.place import Place

DEAD_LETTERS = ".dlq"
DEFAULT_COMPATIBILITY = "BACKWARD_ALL"
_DEAD_LETTER_DAYS = 14  # at least, so that a fortnight's holiday loses no dead letter


@dataclass(frozen=True, kw_only=True)
class Reserved:
    """The number and name that a column had in the Protobuf message, never to be given to another."""

    number: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A topic and the topic of its dead letters.

    Args:
        topic: The topic, `<domain>.<dataset>.v<major version>`; also the subject of its schema.
        dead_letters: The topic of what could not be processed.
        partitions: Partitions of the topic.
        retention_ms: How long its records stay, in milliseconds.
        dead_letter_retention_ms: The same for dead letters.
        cleanup: What Kafka's `cleanup.policy` lists: delete, compact, or both.
        key: The columns of the record's key, in order.
        format: How keys and values are written: avro or protobuf.
        compatibility: The mode of the Glue schema registry.
        masked_by: Who masks the columns that are masked at landing; None when there are none.
        reserved: Protobuf numbers that are taken by columns that are gone.
    """

    topic: str
    dead_letters: str
    partitions: int
    retention_ms: int
    dead_letter_retention_ms: int
    cleanup: tuple[str, ...]
    key: tuple[str, ...]
    format: Literal["avro", "protobuf"]
    compatibility: str
    masked_by: Literal["consumer", "producer"] | None = None
    reserved: tuple[Reserved, ...] = ()


def topic_name(domain: str, dataset: str, version: str) -> str:
    """The topic of a dataset; a new major version of the contract is a new topic.

    Args:
        domain: Name of the domain.
        dataset: Name of the dataset.
        version: The contract's semantic version.

    Example:
        >>> topic_name("retail", "orders", "2.1.0")
        'retail.orders.v2'
    """
    return f"{domain}.{dataset}.v{version.partition('.')[0]}"


def build_stream(root: Place, primary_key: tuple[str, ...]) -> Stream | None:
    """The stream that a contract of the right shape asks for; None when it asks for none.

    Args:
        root: The contract.
        primary_key: The key columns of the dataset, which are the record's key unless the contract says otherwise.
    """
    value: dict[str, Any] | None = custom(root).value.get("stream")
    if value is None:
        return None
    topic = topic_name(root.value["domain"], root.value["schema"][0]["name"], root.value["version"])
    retention = iso_seconds(value["retention"])
    kept = max(2 * retention, _DEAD_LETTER_DAYS * DAY)
    if "dlqRetention" in value:
        kept = iso_seconds(value["dlqRetention"])
    return Stream(
        topic=topic,
        dead_letters=topic + DEAD_LETTERS,
        partitions=value["partitions"],
        retention_ms=retention * 1_000,
        dead_letter_retention_ms=kept * 1_000,
        cleanup=tuple(value.get("cleanup", "delete").split("+")),
        key=tuple(value.get("key", primary_key)),
        format=value.get("format", "avro"),
        compatibility=value.get("compatibility", DEFAULT_COMPATIBILITY),
        masked_by=value.get("maskedBy"),
        reserved=tuple(
            Reserved(number=item["number"], name=item["name"]) for item in value.get("reserved", ())
        ),
    )
