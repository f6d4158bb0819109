"""What every state machine of the platform is written with: JSONata expressions and patient retries."""

from __future__ import annotations

from typing import Any

State = dict[str, Any]

# A control-plane call that takes longer than this is lost.
CALL_SECONDS = 60
_PATIENCE: State = {
    "IntervalSeconds": 2,
    "BackoffRate": 2,
    "MaxAttempts": 4,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}


def jsonata(expression: str) -> str:
    """An expression as states hold it.

    Example:
        >>> jsonata("$run.dataset")
        '{% $run.dataset %}'
    """
    return "{% " + " ".join(line.strip() for line in expression.strip().splitlines()) + " %}"


def retry(*errors: str, **patience: object) -> State:
    """One retry rule with full jitter; `MaxAttempts=0` means that retrying such an error cannot help.

    Example:
        >>> retry("States.TaskFailed", MaxAttempts=0)["MaxAttempts"]
        0
    """
    return {"ErrorEquals": list(errors), **_PATIENCE, **patience}


def choose(name: str, *rules: tuple[str, str], otherwise: str) -> dict[str, State]:
    """A fork: the state of the first condition that holds, else `otherwise`.

    Example:
        >>> choose("IsEven", ("$n % 2 = 0", "Even"), otherwise="Odd")["IsEven"]["Default"]
        'Odd'
    """
    choices = [{"Condition": jsonata(condition), "Next": then} for condition, then in rules]
    return {name: {"Type": "Choice", "Choices": choices, "Default": otherwise}}
