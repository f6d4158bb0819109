"""The ledger's items of one topic: a partition key of the run ledger, `stream:<topic>`.

| sort key | holds |
|---|---|
| `partition:<n>` | `next_offset`; `merged_offset`, below which every file is merged; `claim`: who may commit; counts; |
| | `intent` (`ends`, `through`): dead letters that are being written (`ledger.Intent`) |
| `file:<n>:<first offset>` | `path`, `day`, `first`, `last`, `rows`, `state`: written or merged |
| `lease` | `owner`, `until`: who merges |
| `replay:<partition>:<offset>` | `state`: `sent` when `dp replay` has sent that dead letter again; written by it |
"""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HASH, SORT = "dataset", "ingest_date"
_PAGE = 10_000  # items that one answer is asked for; it holds a megabyte
_LOST = ("ConditionalCheckFailed", "TransactionConflict")
_TO, _FROM = TypeSerializer(), TypeDeserializer()


class Overtaken(Exception):
    """Another attempt was faster; the batch comes again and finds what is done."""


class Items:
    """The items of one topic.

    Args:
        dynamodb: Client.
        table: The run ledger.
        topic: The topic.
    """

    def __init__(self, dynamodb: Any, *, table: str, topic: str) -> None:
        self._dynamodb, self._table = dynamodb, table
        self._hash = f"stream:{topic}"

    def get(self, sort: str) -> dict[str, Any]:
        """An item; empty when it is not there."""
        answer = self._dynamodb.get_item(TableName=self._table, Key=self._key(sort), ConsistentRead=True)
        return plain(answer.get("Item", {}))

    def between(self, low: str, high: str, *, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Items by their sort keys, both bounds included; at most `limit`, if one is given."""
        more: dict[str, Any] = {}
        left = sys.maxsize if limit is None else limit
        while left > 0:
            page = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression=f"{_HASH} = :hash AND {SORT} BETWEEN :low AND :high",
                ExpressionAttributeValues=typed({":hash": self._hash, ":low": low, ":high": high}),
                ConsistentRead=True,
                Limit=min(left, _PAGE),
                **more,
            )
            yield from (plain(item) for item in page["Items"])
            left -= len(page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def write(self, *actions: dict[str, Any]) -> None:
        """Do all of the actions of a transaction, or none.

        Raises:
            Overtaken: when a condition does not hold.
            botocore.exceptions.ClientError: when DynamoDB does not take it.
        """
        try:
            self._dynamodb.transact_write_items(TransactItems=list(actions))
        except ClientError as error:
            if not _lost(error):
                raise
            raise Overtaken(f"{self._hash}: another attempt was faster ({error})") from None

    def changed(self, action: dict[str, Any]) -> dict[str, Any]:
        """Do one `update`; the item after it.

        Raises:
            Overtaken: when its condition does not hold.
            botocore.exceptions.ClientError: when DynamoDB does not take it.
        """
        try:
            answer = self._dynamodb.update_item(**action["Update"], ReturnValues="ALL_NEW")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise Overtaken(f"{self._hash}: another attempt was faster") from None
        return plain(answer["Attributes"])

    def update(
        self,
        sort: str,
        *,
        setting: dict[str, Any],
        adding: dict[str, Any] | None = None,
        removing: tuple[str, ...] = (),
        condition: Condition | None = None,
    ) -> dict[str, Any]:
        """The action that changes an item.

        Args:
            sort: Its sort key.
            setting: New values by attribute.
            adding: What is added by attribute.
            removing: Attributes that go.
            condition: Under which alone it may be.
        """
        adding = adding or {}
        parts = {
            "SET": ", ".join(f"#{name} = :{name}" for name in setting),
            "ADD": ", ".join(f"#{name} :{name}" for name in adding),
            "REMOVE": ", ".join(f"#{name}" for name in removing),
        }
        used = condition or Condition("")
        action = {
            "TableName": self._table,
            "Key": self._key(sort),
            "UpdateExpression": " ".join(f"{verb} {what}" for verb, what in parts.items() if what),
            "ExpressionAttributeNames": {
                f"#{name}": name for name in (*setting, *adding, *removing, *used.names)
            },
            "ExpressionAttributeValues": typed(
                {f":{name}": value for name, value in (setting | adding).items()}
            )
            | typed(used.values),
        }
        return {"Update": action | used.expressed}

    def put(self, sort: str, values: Mapping[str, Any], condition: Condition | None = None) -> dict[str, Any]:
        """The action that writes an item."""
        used = condition or Condition("")
        item = {_HASH: self._hash, SORT: sort, **values}
        return {"Put": {"TableName": self._table, "Item": typed(item)} | used.expressed | used.arguments}

    def delete(self, sort: str, condition: Condition | None = None) -> dict[str, Any]:
        """The action that deletes an item, if it is there."""
        used = condition or Condition("")
        return {
            "Delete": {"TableName": self._table, "Key": self._key(sort)} | used.expressed | used.arguments
        }

    def _key(self, sort: str) -> dict[str, Any]:
        return typed({_HASH: self._hash, SORT: sort})


class Condition:
    """A condition on an item, with its attributes as `#name` and its values as `:name`.

    Args:
        expression: The condition; empty for none.
        names: The attributes in it.
        values: The values in it, by `:name`.
    """

    def __init__(self, expression: str, names: tuple[str, ...] = (), **values: Any) -> None:
        self.expression, self.names = expression, names
        self.values = {f":{name}": value for name, value in values.items()}

    @property
    def expressed(self) -> dict[str, Any]:
        """The condition alone."""
        return {"ConditionExpression": self.expression} if self.expression else {}

    @property
    def arguments(self) -> dict[str, Any]:
        """Its names and values, where an action has no others."""
        names = {"ExpressionAttributeNames": {f"#{name}": name for name in self.names}} if self.names else {}
        return names | ({"ExpressionAttributeValues": typed(self.values)} if self.values else {})


def typed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as DynamoDB's API wants them.

    Example:
        >>> typed({"rows": 7})
        {'rows': {'N': '7'}}
    """
    return {name: _TO.serialize(value) for name, value in values.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item as plain values; numbers are whole.

    Example:
        >>> plain({"rows": {"N": "7"}, "ends": {"M": {"0": {"N": "3"}}}})
        {'rows': 7, 'ends': {'0': 3}}
    """
    return {name: _whole(_FROM.deserialize(value)) for name, value in item.items()}


def padded(offset: int) -> str:
    """An offset as text that sorts as numbers do.

    Example:
        >>> padded(7)
        '00000000000000000007'
    """
    return f"{offset:020d}"


def _lost(error: ClientError) -> bool:
    """Whether a transaction was cancelled by another's."""
    reasons = error.response.get("CancellationReasons", [])
    return any(reason.get("Code") in _LOST for reason in reasons)


def _whole(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    return value
