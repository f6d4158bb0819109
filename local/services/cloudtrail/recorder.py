"""The recorder: in the background, notes become records, records reach trails, EventBridge and LookupEvents."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from collections import deque
from typing import Any

from local.services.cloudtrail import callers, calls, delivery, notices, selectors
from local.services.cloudtrail.records import Record, as_text, record_of

logger = logging.getLogger("local.cloudtrail")

PAUSE_SECONDS = 0.5
_AT_A_TIME = 200
_HISTORY = 2_000
_task: asyncio.Task[None] | None = None
_one_at_a_time = threading.Lock()


def wake() -> None:
    """Start the recorder with the first request that is served; call it on the event loop."""
    global _task  # noqa: PLW0603 - one recorder for the process
    if _task is None or _task.done():
        loop = asyncio.get_running_loop()
        _task = loop.create_task(_forever(), context=contextvars.Context())


def take(record: Record, account: str, trails: tuple[str, ...]) -> None:
    """Put a record where it belongs; `trails` are those that were logging when it happened."""
    text = as_text(record)
    _remember(record, text, account)
    taken = False
    for arn in trails:
        trail = delivery.find(arn)
        if trail is not None and _takes(trail, record):
            delivery.add(trail, record, text, account)
            taken = True
    if taken:
        notices.send(record, account)


def process() -> None:
    """Make records of the notes that are there now. Call it off the event loop."""
    with _one_at_a_time:
        callers.forget()
        for done in range(len(calls.pending)):
            if done % _AT_A_TIME == _AT_A_TIME - 1:
                time.sleep(0)  # let requests run
            try:
                _process(calls.pending.popleft())
            except Exception:
                logger.exception("An event of CloudTrail was lost")


def _process(call: calls.Call) -> None:
    from ministack.core.responses import request_scope

    with request_scope(call.account, call.region):
        record = record_of(call)
    if record is not None:
        take(record, call.account, call.trails)


async def _forever() -> None:
    written = time.monotonic()
    while True:
        await asyncio.sleep(PAUSE_SECONDS)
        try:
            if calls.pending:
                await asyncio.to_thread(process)
            if time.monotonic() - written >= delivery.PERIOD_SECONDS:
                written = time.monotonic()
                delivery.write_files(time.time())
                await asyncio.to_thread(delivery.write_logs)
        except Exception:
            logger.exception("CloudTrail could not deliver; it tries again")


def _takes(trail: dict[str, Any], record: Record) -> bool:
    from ministack.services import cloudtrail

    home = trail["TrailARN"].split(":")[3]
    if record["awsRegion"] != home and not trail.get("IsMultiRegionTrail"):
        return False
    account = trail["TrailARN"].split(":")[4]
    chosen = cloudtrail._event_selectors.get_scoped(account, home, trail["Name"], [])
    return selectors.takes(chosen, record)


def _remember(record: Record, text: str, account: str) -> None:
    """Management events for LookupEvents, the newest at the end."""
    from ministack.core.responses import request_scope
    from ministack.services import cloudtrail

    if record["eventCategory"] != "Management":
        return
    caller = record["userIdentity"]
    with request_scope(account, record["awsRegion"]):
        history = cloudtrail._events.get("events")
        if history is None:
            history = cloudtrail._events["events"] = deque(maxlen=_HISTORY)
        history.append(
            {
                "EventId": record["eventID"],
                "EventName": record["eventName"],
                "EventSource": record["eventSource"],
                "EventTime": notices.epoch(record["eventTime"]),
                "Username": _user(caller),
                "AccessKeyId": caller.get("accessKeyId", ""),
                "ReadOnly": str(record["readOnly"]).lower(),
                "Resources": [
                    {"ResourceName": r["ARN"].rsplit(":", 1)[-1], "ResourceType": r["type"]}
                    for r in record["resources"]
                ],
                "CloudTrailEvent": text,
            }
        )


def _user(caller: dict[str, Any]) -> str:
    arn = str(caller.get("arn", ""))
    return str(caller.get("userName") or arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1])
