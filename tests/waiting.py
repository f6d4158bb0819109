"""Waiting for what happens soon: generously, as suites run side by side; a wait that ends costs nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SELDOM_SECONDS = 1.0


def until(
    check: Callable[[], Any],
    *,
    what: str = "what was waited for",
    seconds: float = 240,
    every: float = 0.05,
    after: float = 0.0,
) -> Any:
    """The first true answer of `check`; an AssertionError with its last answer when none comes in time.

    Args:
        check: Looks.
        what: What is looked for, for the error's message.
        seconds: For how long.
        every: Seconds between two looks at least: what was not there for long is looked for more seldom, by a
            twentieth of the time that has gone, since a look costs what is looked for its share of the processor.
        after: Seconds before the first one, where what is looked for never comes sooner.
    """
    began = time.monotonic()
    deadline = began + seconds
    time.sleep(after)
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not in {seconds} s; the last answer was {found!r}")
        time.sleep(max(every, min((time.monotonic() - began) / 20, _SELDOM_SECONDS)))


def received(aws: Any, queue_url: str, *, seconds: float = 240) -> dict[str, Any]:
    """The first message of a queue, with its attributes."""
    sqs = aws.client("sqs")
    receive = {"QueueUrl": queue_url, "MessageAttributeNames": ["All"]}
    return dict(until(lambda: sqs.receive_message(**receive).get("Messages"), seconds=seconds, every=0.1)[0])
