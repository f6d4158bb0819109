"""How far a topic is loaded, as the loader's items of the run ledger tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_PARTITION, _FILE = "partition:", "file:"


@dataclass(frozen=True, kw_only=True)
class Loading:
    """What is loaded of a topic.

    Args:
        next_offset: From which on nothing is loaded, by partition.
        merged_offset: Files whose first offset is below it are merged, by partition.
        unmerged: Files that are written and not merged.
        counts: records, rows, deletions, dead_letters and duplicates so far.
    """

    next_offset: dict[int, int]
    merged_offset: dict[int, int]
    unmerged: int
    counts: dict[str, int]


COUNTS = ("records", "rows", "deletions", "dead_letters", "duplicates")


def loading(dynamodb: Any, *, table: str, topic: str) -> Loading:
    """What the ledger says of a topic; nothing is loaded when it says nothing.

    Args:
        dynamodb: Client.
        table: The run ledger.
        topic: The topic.
    """
    partitions = {int(_rest(item, _PARTITION)): item for item in _items(dynamodb, table, topic, _PARTITION)}
    files = _items(dynamodb, table, topic, _FILE)
    return Loading(
        next_offset={at: _number(item, "next_offset") for at, item in partitions.items()},
        merged_offset={at: _number(item, "merged_offset") for at, item in partitions.items()},
        unmerged=sum(item.get("state", {}).get("S") == "written" for item in files),
        counts={name: sum(_number(item, name) for item in partitions.values()) for name in COUNTS},
    )


def loaded(dynamodb: Any, *, table: str, topic: str) -> dict[int, int]:
    """The loader's next offset, by partition.

    Args:
        dynamodb: Client.
        table: The run ledger.
        topic: The topic.
    """
    items = _items(dynamodb, table, topic, _PARTITION)
    return {int(_rest(item, _PARTITION)): _number(item, "next_offset") for item in items}


def _items(dynamodb: Any, table: str, topic: str, prefix: str) -> list[dict[str, Any]]:
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="dataset = :hash AND begins_with(ingest_date, :prefix)",
        ExpressionAttributeValues={":hash": {"S": f"stream:{topic}"}, ":prefix": {"S": prefix}},
        ConsistentRead=True,
    )
    return [item for page in pages for item in page["Items"]]


def _rest(item: dict[str, Any], prefix: str) -> str:
    return str(item["ingest_date"]["S"]).removeprefix(prefix)


def _number(item: dict[str, Any], name: str) -> int:
    return int(item.get(name, {}).get("N", 0))
