"""How tasks of the elevation machines behave, and how they read and write the access records.

Every item of the table belongs to a person (`person` is the source identity, which IAM lets only that person
write) or to the machines (`person` begins with `#`, which no identity does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.states_language import CALL_SECONDS, State, jsonata, retry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RECORD = "#elevation"
HELD = "#elevated"
CONFLICT = "DynamoDB.ConditionalCheckFailedException"
BROKEN = "Broken"
OWN_KEY: State = {"person": {"S": RECORD}, "item": {"S": jsonata("$id")}}
CLAIM_KEY: State = {"person": {"S": HELD}, "item": {"S": jsonata("$requester & '#' & $dataset")}}


def text(expression: str) -> State:
    """A DynamoDB text computed by an expression."""
    return {"S": jsonata(expression)}


def task(
    name: str,
    resource: str,
    arguments: Mapping[str, Any] | str,
    *,
    then: str,
    assign: Mapping[str, Any] | None = None,
    timeout_seconds: int | str = CALL_SECONDS,
    retries: Sequence[State] | None = None,
    catches: Sequence[State] = (),
    otherwise: str = BROKEN,
) -> dict[str, State]:
    """One task: limited in time, retried with jitter, every failure led to `otherwise` with its error kept.

    Args:
        name: Name of the state.
        resource: Integration, without the ARN's first parts: `dynamodb:updateItem`.
        arguments: Arguments of the call.
        then: State that follows.
        assign: Variables set from the result.
        timeout_seconds: Longest time of one attempt, or an expression for it.
        retries: Retry rules; patient ones for everything but conflicts when None.
        catches: Rules before the general one.
        otherwise: State that follows a failure.
    """
    caught: State = {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"failure": {"error": jsonata("$states.errorOutput.Error"), "cause": _CAUSE}},
        "Next": otherwise,
    }
    state: State = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Arguments": arguments,
        "TimeoutSeconds": timeout_seconds,
        "Retry": list(_PATIENT if retries is None else retries),
        "Catch": [*catches, caught],
        "Output": {},
        "Next": then,
    }
    if assign:
        state["Assign"] = dict(assign)
    return {name: state}


_CAUSE = jsonata("$substring($string($states.errorOutput.Cause), 0, 1000)")
# While a state waits for somebody, a repetition helps only against AWS's own passing troubles.
PASSING = retry("DynamoDb.SdkClientException", "DynamoDb.ProvisionedThroughputExceededException")
_PATIENT = (retry(CONFLICT, MaxAttempts=0), retry("States.ALL"))


def change(
    table: str,
    *,
    values: Mapping[str, State],
    forget: Sequence[str] = (),
    append: Mapping[str, State] | None = None,
    condition: str | None = None,
    compared: Mapping[str, State] | None = None,
) -> State:
    """Arguments of an update of the request's record; every attribute goes by an alias, as many are reserved.

    Args:
        table: Name of the access records.
        values: Attributes to set, as DynamoDB values.
        forget: Attributes to remove.
        append: What to add to lists.
        condition: Condition under which the update happens; it names `#status`.
        compared: Values of the condition, by their alias.
    """
    lists = append or {}
    sets = [f"#{name} = :{name}" for name in values]
    sets += [f"#{name} = list_append(if_not_exists(#{name}, :none), :{name})" for name in lists]
    removes = "REMOVE " + ", ".join(f"#{name}" for name in forget) if forget else ""
    names = dict.fromkeys([*values, *forget, *lists, *(["status"] if condition else [])])
    return {
        "TableName": table,
        "Key": OWN_KEY,
        "UpdateExpression": " ".join(part for part in ("SET " + ", ".join(sets), removes) if part),
        "ExpressionAttributeNames": {f"#{name}": name for name in names},
        "ExpressionAttributeValues": {
            **{f":{name}": dict(value) for name, value in values.items()},
            **{f":{name}": {"L": [value]} for name, value in lists.items()},
            **({":none": {"L": []}} if lists else {}),
            **(compared or {}),
        },
        **({"ConditionExpression": condition} if condition else {}),
    }


def expect(error: str, *, then: str) -> State:
    """A failure that is an answer, not a defect."""
    return {"ErrorEquals": [error], "Next": then}
