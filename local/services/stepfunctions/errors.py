"""What ends a state: an error with a name and a cause, or the end of the execution around it."""

from __future__ import annotations

import json
from typing import Any

PAYLOAD_LIMIT_BYTES = 256 * 1024


class Cancelled(BaseException):
    """The execution, or the branch around this state, has been stopped.

    A BaseException, so that no state's error handling can take it for a failure that it may retry.
    """


def state_error(error: str, cause: str) -> Exception:
    """The exception by which ministack's engine and ours report a failed state.

    Args:
        error: Error name as Step Functions shows it, such as `States.TaskFailed`.
        cause: Readable cause; a JSON text where AWS gives one.

    Returns:
        The exception to raise.
    """
    from ministack.services import stepfunctions

    return stepfunctions._ExecutionError(error, cause)  # type: ignore[no-any-return]


def within_limit(value: Any, *, what: str) -> Any:
    """Pass a payload on, or refuse it above 256 KiB as AWS does.

    Args:
        value: JSON value.
        what: What the payload is, for the cause.

    Returns:
        The same value.

    Raises:
        Exception: `States.DataLimitExceeded`.
    """
    size = len(json.dumps(value, default=str).encode())
    if size > PAYLOAD_LIMIT_BYTES:
        raise state_error(
            "States.DataLimitExceeded",
            f"{what} is {size} bytes; the maximum is {PAYLOAD_LIMIT_BYTES} bytes (256 KB). "
            "Keep large data in S3 and pass its key.",
        )
    return value


def matches(error_equals: list[str], error: str) -> bool:
    """Whether a retrier or catcher that lists `error_equals` takes this error.

    `States.Runtime` can never be handled; `States.DataLimitExceeded` only by its own name.

    Example:
        >>> matches(["States.ALL"], "ValueError"), matches(["States.ALL"], "States.Runtime")
        (True, False)
        >>> matches(["States.TaskFailed"], "States.Timeout")
        False
    """
    if error == "States.Runtime":
        return False
    if error in error_equals:
        return True
    if error == "States.HeartbeatTimeout" and "States.Timeout" in error_equals:
        return True
    if error == "States.DataLimitExceeded":
        return False
    if "States.ALL" in error_equals:
        return True
    return "States.TaskFailed" in error_equals and error not in {"States.Timeout", "States.HeartbeatTimeout"}
