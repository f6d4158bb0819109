"""SQS: the depth and age of queues as metrics, which alarms on dead letters watch."""

from __future__ import annotations

import contextvars
import threading
import time
from typing import Any

SWEEP_SECONDS = 2.0
_EVERY_SECONDS = 60.0

_last: dict[tuple[str, str, str], tuple[float, tuple[int, int]]] = {}


def install() -> None:
    """Start the sweep over all queues."""
    threading.Thread(target=_run_forever, daemon=True, name="sqs-metrics").start()


def _run_forever() -> None:
    while True:
        time.sleep(SWEEP_SECONDS)
        report()


def report(now: float | None = None) -> None:
    """Record the depth of every queue that changed, and of the others once a minute.

    Args:
        now: Seconds on a steady clock; the process's own by default.
    """
    from ministack.services import sqs

    moment = time.monotonic() if now is None else now
    for key, queue in list(sqs._queues._data.items()):
        depth = depth_of(queue)
        before = _last.get(key)
        if before is None or before[1] != depth or moment - before[0] >= _EVERY_SECONDS:
            _last[key] = (moment, depth)
            contextvars.copy_context().run(_record, key[0], key[1], queue, depth)
    for key in set(_last) - set(sqs._queues._data):
        _last.pop(key, None)


def depth_of(queue: dict[str, Any]) -> tuple[int, int]:
    """Messages that can be received now, and those in flight or delayed.

    Example:
        >>> depth_of({"messages": [{"visible_at": 0}, {"visible_at": 9e18}]})
        (1, 1)
    """
    now = time.time()
    visible = sum(message.get("visible_at", 0) <= now for message in list(queue["messages"]))
    return visible, len(queue["messages"]) - visible


def _record(account: str, region: str, queue: dict[str, Any], depth: tuple[int, int]) -> None:
    from ministack.core import responses

    from local.services.cloudwatch import record

    responses.set_request_account_id(account)
    responses.set_request_region(region)
    name = {"QueueName": str(queue["name"])}
    sent = [message.get("sent_at", time.time()) for message in list(queue["messages"])]
    figures = {
        "ApproximateNumberOfMessagesVisible": depth[0],
        "ApproximateNumberOfMessagesNotVisible": depth[1],
        "ApproximateAgeOfOldestMessage": max(time.time() - min(sent), 0) if sent else 0,
    }
    for metric, value in figures.items():
        unit = "Seconds" if metric.startswith("ApproximateAge") else "Count"
        record("AWS/SQS", metric, value, unit=unit, dimensions=name)
