"""The sweep over all schedules: which are due by the clock, and each run of one on its own thread."""

from __future__ import annotations

import contextvars
import datetime as dt
import logging
import random
import threading
from typing import Any

from local import gateway, persistence
from local.services.cloudwatch import clock
from local.services.scheduler import invocation
from local.services.scheduler.expressions import Expression

logger = logging.getLogger("local.scheduler")

SWEEP_SECONDS = 1
ScheduleKey = tuple[str, str, str]

_due: dict[ScheduleKey, tuple[str, dt.datetime | None]] = {}
_done: set[str] = set()


def install() -> None:
    """Take the place of ministack's sweep; serve the next times; remember one-time schedules that have run."""
    from ministack.services import scheduler

    from local import hooks

    hooks.replace(scheduler, "_tick_schedules", sweep, parameters="")
    hooks.replace(scheduler, "_SCHEDULE_TICK_INTERVAL", SWEEP_SECONDS)
    gateway.page("/_local/schedules", upcoming)
    persistence.register("scheduler-once", lambda: sorted(_done), _done.update)


def sweep() -> None:
    """Fire every schedule that has become due since the last sweep."""
    from ministack.services import scheduler

    now = moment()
    for key, schedule in list(scheduler._schedules._data.items()):
        try:
            _consider(key, schedule, now)
        except Exception:
            logger.exception("Schedule %s", key[2])
    for key in set(_due) - set(scheduler._schedules._data):
        _due.pop(key, None)


def moment() -> dt.datetime:
    """Now by the clock that tests may move."""
    return dt.datetime.fromtimestamp(clock.now(), tz=dt.UTC)


def _consider(key: ScheduleKey, schedule: dict[str, Any], now: dt.datetime) -> None:
    fingerprint = _fingerprint(schedule)
    known = _due.get(key)
    if known is None or known[0] != fingerprint:
        _due[key] = (fingerprint, next_time(schedule, now))
        return
    planned = known[1]
    if planned is None or now < planned + _delay(schedule, planned):
        return
    _due[key] = (fingerprint, next_time(schedule, now))
    if schedule.get("State") != "ENABLED":
        return
    if Expression(text=schedule["ScheduleExpression"]).once:
        _finish_one_time(key, schedule)
    _start(key, schedule, planned)


def _fingerprint(schedule: dict[str, Any]) -> str:
    fields = (
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "StartDate",
        "EndDate",
        "LastModificationDate",
    )
    return "|".join(str(schedule.get(field)) for field in fields)


def next_time(schedule: dict[str, Any], after: dt.datetime) -> dt.datetime | None:
    """When a schedule is due after a moment, by its expression, zone, StartDate and EndDate.

    Args:
        schedule: ministack's record.
        after: An aware datetime.

    Returns:
        UTC, or None when it never fires again.
    """
    from ministack.services import scheduler

    expression = Expression(
        text=schedule["ScheduleExpression"], zone=schedule.get("ScheduleExpressionTimezone") or "UTC"
    )
    start, end = (scheduler._to_epoch(schedule.get(name)) for name in ("StartDate", "EndDate"))
    anchor = dt.datetime.fromtimestamp(start or schedule["CreationDate"], tz=dt.UTC)
    if start is not None and start > after.timestamp():
        after = anchor - dt.timedelta(seconds=1)
    if expression.once and schedule["Arn"] in _done:
        return None
    found = expression.next_after(after, anchor=anchor)
    if expression.once and found is None:
        found = expression.next_after(
            dt.datetime.fromtimestamp(schedule["CreationDate"], tz=dt.UTC), anchor=anchor
        )
    return None if found is None or (end is not None and found.timestamp() > end) else found


def _delay(schedule: dict[str, Any], planned: dt.datetime) -> dt.timedelta:
    """The moment within the flexible window: drawn, but the same at each sweep."""
    window = schedule.get("FlexibleTimeWindow") or {}
    if window.get("Mode") != "FLEXIBLE":
        return dt.timedelta()
    draw = random.Random(f"{schedule['Arn']}{planned.isoformat()}")  # noqa: S311 - not a secret
    return dt.timedelta(seconds=draw.uniform(0, 60 * int(window.get("MaximumWindowInMinutes", 0))))


def _finish_one_time(key: ScheduleKey, schedule: dict[str, Any]) -> None:
    from ministack.services import scheduler

    _done.add(schedule["Arn"])
    if schedule.get("ActionAfterCompletion") == "DELETE":
        scheduler._schedules._data.pop(key, None)
    persistence.touch()


def _start(key: ScheduleKey, schedule: dict[str, Any], planned: dt.datetime) -> None:
    from ministack.core import responses

    def run() -> None:
        responses.set_request_account_id(key[0])
        responses.set_request_region(key[1])
        invocation.invoke(schedule, planned)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), daemon=True, name="scheduler-invocation").start()


def upcoming() -> list[dict[str, Any]]:
    """Every schedule with its next time in UTC and in its own zone, for people and tests."""
    from ministack.services import scheduler

    now = moment()
    shown = []
    for (account, region, _), schedule in list(scheduler._schedules._data.items()):
        planned = next_time(schedule, now) if schedule.get("State") == "ENABLED" else None
        shown.append(
            {
                "account": account,
                "region": region,
                "group": schedule["GroupName"],
                "name": schedule["Name"],
                "expression": schedule["ScheduleExpression"],
                "timezone": schedule.get("ScheduleExpressionTimezone") or "UTC",
                "next": planned.isoformat() if planned else None,
            }
        )
    return shown
