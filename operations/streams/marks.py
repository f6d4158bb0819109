"""What the ledger knows of replays: a mark a record, written before it is sent and completed after.

Items of the partition key `stream:<topic>` of the run ledger:

| sort key | holds |
|---|---|
| `replay:<partition>:<offset>` | `state`: sending or sent; `ends`: where the topic ended before; |
| | `sent_partition`, `sent_offset`: where it is in the topic |
| `replay-lease` | `owner`, `until`: who replays this topic |
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LEASE_SECONDS = 120
MOST = 50  # marks in a transaction; DynamoDB takes 100 actions
SENDING, SENT = "sending", "sent"
_PREFIX, _LEASE = "replay:", "replay-lease"


@dataclass(frozen=True, order=True)
class Place:
    """Where a record is that is sent again: in the dead letters, or (source "topic") in the topic itself.

    Example:
        >>> str(Place(0, 17)), str(Place(2, 5, "topic"))
        ('0:17', 'topic-2:5')
    """

    partition: int
    offset: int
    source: str = "dlq"

    def __str__(self) -> str:
        """The place as the header `dp.replay.of` tells it."""
        return f"{'topic-' if self.source == 'topic' else ''}{self.partition}:{self.offset}"

    @property
    def sort_key(self) -> str:
        """The mark's sort key; offsets sort as numbers."""
        head = str(self).rpartition(":")[0]
        return f"{_PREFIX}{head}:{self.offset:020d}"


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A mark: its state, and where each partition of the topic ended before the record was first sent."""

    state: str
    ends: Mapping[int, int]


class Marks:
    """The marks of one topic, and the lease that lets one replay at a time write them.

    Args:
        dynamodb: Client.
        table: The run ledger.
        topic: The topic.
        owner: A name that no other replay has.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        dynamodb: Any,
        *,
        table: str,
        topic: str,
        owner: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._dynamodb, self._table, self._topic, self._owner, self._now = (
            dynamodb,
            table,
            topic,
            owner,
            now,
        )

    def acquire(self) -> None:
        """Take the lease.

        Raises:
            CommandFailed: when another replay of the topic has it.
        """
        from botocore.exceptions import ClientError

        try:
            self._dynamodb.update_item(**self._renewal("attribute_not_exists(#owner) OR #until < :now"))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise CommandFailed(
                f"{self._topic}: another replay is at work, or ended without a word less than {LEASE_SECONDS} s ago. "
                "Wait for it, then call again: what it sent is not sent twice"
            ) from None

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        from botocore.exceptions import ClientError

        try:
            self._dynamodb.delete_item(
                TableName=self._table,
                Key=self._key(_LEASE),
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": self._owner}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def all(self, source: str) -> dict[Place, Mark]:
        """Every mark of records of a source ("dlq" or "topic")."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="dataset = :hash AND begins_with(ingest_date, :prefix)",
            ExpressionAttributeValues={
                ":hash": {"S": f"stream:{self._topic}"},
                ":prefix": {"S": _PREFIX + ("topic-" if source == "topic" else "")},
            },
            ConsistentRead=True,
        )
        found = (_read(item) for page in pages for item in page["Items"])
        return {place: mark for place, mark in found if place.source == source}

    def intend(self, places: Sequence[Place], ends: Mapping[int, int]) -> None:
        """Say that records are about to be sent; a mark that says so already keeps its `ends`.

        Args:
            places: At most MOST.
            ends: Where each partition of the topic ends now.

        Raises:
            CommandFailed: when one was sent, or the lease was lost.
        """
        told = {"M": {str(partition): {"N": str(end)} for partition, end in ends.items()}}
        self._write(
            [
                self._change(
                    place,
                    "SET #state = :sending, ends = if_not_exists(ends, :ends), replayed_by = :owner",
                    "attribute_not_exists(#state) OR #state = :sending",
                    {
                        ":sending": {"S": SENDING},
                        ":ends": told,
                        ":owner": {"S": self._owner},
                    },
                )
                for place in places
            ]
        )

    def complete(self, sent: Mapping[Place, tuple[int, int]]) -> None:
        """Say that records are in the topic, and where; to say it twice changes nothing.

        Args:
            sent: Partition and offset in the topic, by the place that was sent again.

        Raises:
            CommandFailed: when the lease was lost.
        """
        listed = list(sent.items())
        for start in range(0, len(listed), MOST):
            self._write(
                [
                    self._change(
                        place,
                        "SET #state = :sent, sent_partition = :partition, sent_offset = :offset, sent_at = :at",
                        "#state = :sending OR (sent_offset = :offset AND sent_partition = :partition)",
                        {
                            ":sending": {"S": SENDING},
                            ":sent": {"S": SENT},
                            ":partition": {"N": str(partition)},
                            ":offset": {"N": str(offset)},
                            ":at": {"N": str(int(self._now()))},
                        },
                    )
                    for place, (partition, offset) in listed[start : start + MOST]
                ]
            )

    def _write(self, changes: list[dict[str, Any]]) -> None:
        from botocore.exceptions import ClientError

        actions = [{"Update": each} for each in (self._renewal("#owner = :owner"), *changes)]
        try:
            self._dynamodb.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if error.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            raise CommandFailed(
                f"{self._topic}: another replay has begun meanwhile, and this one stops. Call again when it has "
                "ended: what was sent is not sent twice"
            ) from error

    def _renewal(self, condition: str) -> dict[str, Any]:
        until = self._now() + LEASE_SECONDS
        values = {":owner": {"S": self._owner}, ":until": {"N": str(int(until))}}
        if ":now" in condition:
            values[":now"] = {"N": str(int(self._now()))}
        return {
            "TableName": self._table,
            "Key": self._key(_LEASE),
            "UpdateExpression": "SET #owner = :owner, #until = :until",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#owner": "owner", "#until": "until"},
            "ExpressionAttributeValues": values,
        }

    def _change(self, place: Place, update: str, condition: str, values: dict[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": self._key(place.sort_key),
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": values,
        }

    def _key(self, sort: str) -> dict[str, Any]:
        return {"dataset": {"S": f"stream:{self._topic}"}, "ingest_date": {"S": sort}}


def _read(item: Mapping[str, Any]) -> tuple[Place, Mark]:
    head, _, offset = item["ingest_date"]["S"].removeprefix(_PREFIX).rpartition(":")
    source = "topic" if head.startswith("topic-") else "dlq"
    place = Place(int(head.removeprefix("topic-")), int(offset), source)
    ends = {int(partition): int(end["N"]) for partition, end in item["ends"]["M"].items()}
    return place, Mark(state=item["state"]["S"], ends=ends)
