"""DynamoDB's items are on disk before the request that wrote them is answered: a `kill -9` loses none.

Tables themselves, and what a restore or an import fills them with, wait for the next checkpoint.
"""

from __future__ import annotations

from typing import Any

from local import hooks, journal

KIND = "dynamodb.item"
_WRITES = ("_transact_write_items", "_batch_write_item", "_execute_transaction")


def install() -> None:
    """Note every item that is written or removed."""
    from ministack.services import dynamodb

    stored = hooks.replace(dynamodb, "_set_item", None, parameters="table pk_val sk_val item")
    removed = hooks.replace(dynamodb, "_remove_item", None, parameters="table pk_val sk_val")

    def set_item(table: dict[str, Any], pk_val: Any, sk_val: Any, item: dict[str, Any]) -> Any:
        old = stored(table, pk_val, sk_val, item)
        journal.note(KIND, (table["TableArn"], pk_val, sk_val), item)
        return old

    def remove_item(table: dict[str, Any], pk_val: Any, sk_val: Any) -> Any:
        old = removed(table, pk_val, sk_val)
        journal.note(KIND, (table["TableArn"], pk_val, sk_val), None)
        return old

    dynamodb._set_item, dynamodb._remove_item = set_item, remove_item
    for name in _WRITES:
        _in_one_record(dynamodb, name)

    def apply(key: tuple[str, Any, Any], item: dict[str, Any] | None) -> None:
        arn, pk_val, sk_val = key
        _, _, _, region, account, resource = arn.split(":", 5)
        table = dynamodb._tables.get_scoped(account, region, resource.partition("/")[2])
        if table is None:  # made and deleted since
            return
        if item is None:
            removed(table, pk_val, sk_val)
        else:
            stored(table, pk_val, sk_val, item)

    journal.register(KIND, apply)


def _in_one_record(module: Any, name: str) -> None:
    old = hooks.replace(module, name, None, parameters="data")

    def written(data: dict[str, Any]) -> Any:
        with journal.together():
            return old(data)

    setattr(module, name, written)
