"""How every task of the state machine behaves: limited in time, retried with jitter, caught with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.states_language import CALL_SECONDS, State, choose, jsonata, retry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CALL_SECONDS", "EXPLAIN", "State", "catch", "choose", "jsonata", "refuse", "retry", "task"]

# Where the failure path begins; every task leads there.
EXPLAIN = "Explain"


def catch(where: str, *errors: str, then: str = EXPLAIN, fails_as: str = "TaskFailed") -> State:
    """One catch rule that remembers where it happened and what to call it if the error has no name of its own."""
    return {
        "ErrorEquals": list(errors) or ["States.ALL"],
        "Assign": {"failed_at": where, "fails_as": fails_as},
        "Next": then,
    }


def task(
    name: str,
    *,
    resource: str,
    arguments: Mapping[str, Any] | str,
    then: str,
    assign: Mapping[str, Any] | None = None,
    output: Any = None,
    timeout_seconds: int = CALL_SECONDS,
    retries: Sequence[State] = (),
    never_again: Sequence[str] = (),
    catches: Sequence[State] = (),
    fails_as: str = "TaskFailed",
    otherwise: str = EXPLAIN,
) -> dict[str, State]:
    """One task state.

    Args:
        name: Name of the state.
        resource: Integration, without the ARN's first parts: `dynamodb:updateItem`.
        arguments: Arguments of the call.
        then: State that follows.
        assign: Variables set from the result.
        output: The state's output; nothing, since variables carry the run.
        timeout_seconds: Longest time of one attempt.
        retries: Rules before the general one.
        never_again: Errors that no repetition mends.
        catches: Rules before the general one.
        fails_as: Name of a failure that has none of its own.
        otherwise: State that follows a failure.
    """
    state: State = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Arguments": arguments,
        "TimeoutSeconds": timeout_seconds,
        "Retry": [
            *([retry(*never_again, MaxAttempts=0)] if never_again else []),
            *retries,
            retry("States.ALL"),
        ],
        "Catch": [*catches, catch(name, then=otherwise, fails_as=fails_as)],
        "Output": {} if output is None else output,
        "Next": then,
    }
    if assign:
        state["Assign"] = dict(assign)
    return {name: state}


def refuse(name: str, *, error: str, cause: str, then: str = EXPLAIN) -> dict[str, State]:
    """A failure that the machine itself finds: it takes the failure path as if a task had failed."""
    return {
        name: {
            "Type": "Pass",
            "Output": {"Error": error, "Cause": jsonata(cause)},
            "Assign": {"failed_at": name, "fails_as": error},
            "Next": then,
        }
    }
