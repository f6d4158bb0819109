"""Retry and Catch: which retrier takes an error, how long it waits, what a catcher hands on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from local.services.stepfunctions import errors, running

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFAULT_ATTEMPTS = 3
_DEFAULT_INTERVAL_SECONDS = 1
_DEFAULT_BACKOFF = 2.0


def delay_seconds(
    retrier: dict[str, Any], retries_done: int, *, draw: Callable[[], float] = random.random
) -> float:
    """Seconds before the next attempt.

    Args:
        retrier: The Retry entry.
        retries_done: Retries made by it so far.
        draw: Source of numbers in [0, 1) for full jitter.

    Returns:
        `IntervalSeconds * BackoffRate ** retries_done`, capped by MaxDelaySeconds, drawn from [0, that) with
        JitterStrategy FULL.

    Example:
        >>> delay_seconds({"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 10}, 2)
        10
        >>> delay_seconds({"IntervalSeconds": 4, "JitterStrategy": "FULL"}, 0, draw=lambda: 0.25)
        1.0
    """
    interval = retrier.get("IntervalSeconds", _DEFAULT_INTERVAL_SECONDS)
    delay = interval * retrier.get("BackoffRate", _DEFAULT_BACKOFF) ** retries_done
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    return float(delay * draw()) if retrier.get("JitterStrategy") == "FULL" else delay


class Retries:
    """The retries that one state has made; the first retrier that matches decides."""

    def __init__(self, retriers: list[dict[str, Any]]) -> None:
        self._retriers = retriers
        self._done: dict[int, int] = {}

    @property
    def total(self) -> int:
        """Retries so far, as `$states.context.State.RetryCount` shows."""
        return sum(self._done.values())

    def wait_for_next(self, error: str) -> bool:
        """Sleep and return True when a retrier grants another attempt."""
        for index, retrier in enumerate(self._retriers):
            if not errors.matches(retrier.get("ErrorEquals", []), error):
                continue
            done = self._done.get(index, 0)
            if done >= retrier.get("MaxAttempts", _DEFAULT_ATTEMPTS):
                return False
            running.pause(delay_seconds(retrier, done))
            self._done[index] = done + 1
            return True
        return False


def catcher_for(state: dict[str, Any], error: str) -> dict[str, Any] | None:
    """The state's first catcher that takes this error."""
    catchers: list[dict[str, Any]] = state.get("Catch", [])
    return next((c for c in catchers if errors.matches(c.get("ErrorEquals", []), error)), None)


def under_retry_and_catch(
    state: dict[str, Any], raw_input: Any, ctx: dict[str, Any], attempt: Callable[[], tuple[Any, str | None]]
) -> tuple[Any, str | None]:
    """Run a state's attempts until one succeeds, a catcher takes the error, or the error goes up.

    Args:
        state: Definition of the state.
        raw_input: Its input.
        ctx: Context object with the variables.
        attempt: One attempt, giving output and next state.

    Returns:
        Output and next state, of the attempt or of the catcher.

    Raises:
        Exception: The last error, when nothing takes it.
    """
    from ministack.services import stepfunctions

    retries = Retries(state.get("Retry", []))
    entered = ctx["State"]
    while True:
        ctx["State"] = {**entered, "RetryCount": retries.total}
        try:
            return attempt()
        except stepfunctions._ExecutionError as error:
            if retries.wait_for_next(error.error):
                continue
            catcher = catcher_for(state, error.error)
            if catcher is None:
                raise
            output = {"Error": error.error, "Cause": error.cause}
            language = stepfunctions._state_query_language(state, ctx)
            caught = stepfunctions._apply_catcher(catcher, raw_input, ctx, language, output)
            return errors.within_limit(caught, what="The output of the catcher"), catcher["Next"]
