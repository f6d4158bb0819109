"""Reading and writing the run ledger: one item per dataset and ingest_date, claimed by one execution at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing.states.task import jsonata, task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.processing.states.task import State

CONFLICT = "DynamoDB.ConditionalCheckFailedException"
OWN_CLAIM = "#execution = :self"
SELF = {":self": {"S": jsonata("$run.execution")}}
_RUN_KEY = {"dataset": {"S": jsonata("$run.dataset")}, "ingest_date": {"S": jsonata("$run.ingest_date")}}


def update(
    name: str,
    *,
    table: str,
    then: str,
    values: Mapping[str, Mapping[str, Any]],
    condition: str,
    condition_values: Mapping[str, Mapping[str, Any]] | None = None,
    condition_names: Sequence[str] = ("execution",),
    forget: Sequence[str] = (),
    key: Mapping[str, Any] | None = None,
    read_back: bool = False,
    assign: Mapping[str, Any] | None = None,
    **behaviour: Any,
) -> dict[str, State]:
    """A conditional update of one item. Every attribute goes by an alias, since many are reserved words.

    Args:
        name: Name of the state.
        table: Name of the ledger.
        then: State that follows.
        values: Attributes to set, as DynamoDB values.
        condition: Condition under which the update happens.
        condition_values: Values of the condition, beside those that are set.
        condition_names: Attributes that the condition names as `#attribute`.
        forget: Attributes to remove.
        key: Key of the item; the run's own without it.
        read_back: Whether the result holds the whole item.
        assign: Variables set from the result.
        behaviour: What `task` takes.
    """
    sets = "SET " + ", ".join(f"#{attribute} = :{attribute}" for attribute in values) if values else ""
    removes = "REMOVE " + ", ".join(f"#{attribute}" for attribute in forget) if forget else ""
    arguments: dict[str, Any] = {
        "TableName": table,
        "Key": dict(key or _RUN_KEY),
        "UpdateExpression": " ".join(part for part in (sets, removes) if part),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {
            f"#{attribute}": attribute for attribute in dict.fromkeys([*values, *forget, *condition_names])
        },
    }
    used = {
        **{f":{attribute}": dict(value) for attribute, value in values.items()},
        **(condition_values or {}),
    }
    if used:
        arguments["ExpressionAttributeValues"] = used
    if read_back:
        arguments["ReturnValues"] = "ALL_NEW"
    never_again = [CONFLICT, *behaviour.pop("never_again", ())]
    return task(
        name,
        resource="dynamodb:updateItem",
        arguments=arguments,
        then=then,
        assign=assign,
        never_again=never_again,
        **behaviour,
    )


def read(
    name: str,
    *,
    table: str,
    then: str,
    assign: Mapping[str, Any],
    key: Mapping[str, Any] | None = None,
    **behaviour: Any,
) -> dict[str, State]:
    """A consistent read of one item; the run's own without `key`."""
    return task(
        name,
        resource="dynamodb:getItem",
        arguments={"TableName": table, "Key": dict(key or _RUN_KEY), "ConsistentRead": True},
        then=then,
        assign=assign,
        **behaviour,
    )
