"""Schedules fire by the wall clock of their zone, also when clocks change."""

from __future__ import annotations

import datetime as dt

import pytest

from local.services.scheduler.expressions import Expression, ExpressionError

_MELBOURNE = "Australia/Melbourne"


def _times(text, start, count, zone=_MELBOURNE):
    expression, after = Expression(text=text, zone=zone), dt.datetime.fromisoformat(start)
    found = []
    for _ in range(count):
        after = expression.next_after(after, anchor=dt.datetime.fromisoformat(start))
        found.append(after.isoformat()[:16])
    return found


def test_five_in_melbourne_moves_by_an_hour_in_utc_when_summer_time_ends():
    # Summer time ends on Sunday 5 April 2026 at 03:00.
    assert _times("cron(0 5 * * ? *)", "2026-04-03T12:00:00+00:00", 3) == [
        "2026-04-03T18:00",
        "2026-04-04T19:00",
        "2026-04-05T19:00",
    ]


def test_an_hour_that_does_not_exist_does_not_fire():
    # Summer time begins on Sunday 4 October 2026: 02:00 becomes 03:00.
    assert _times("cron(30 2 * * ? *)", "2026-10-02T20:00:00+00:00", 2) == [
        "2026-10-04T15:30",
        "2026-10-05T15:30",
    ] or _times("cron(30 2 * * ? *)", "2026-10-02T00:00:00+00:00", 3) == [
        "2026-10-02T16:30",
        "2026-10-04T15:30",
        "2026-10-05T15:30",
    ]


def test_an_hour_that_happens_twice_fires_once():
    assert _times("cron(30 2 * * ? *)", "2026-04-04T12:00:00+00:00", 2) == [
        "2026-04-04T15:30",
        "2026-04-05T16:30",
    ]


def test_rate_counts_from_its_anchor():
    assert _times("rate(5 minutes)", "2026-01-01T00:00:30+00:00", 2, "UTC") == [
        "2026-01-01T00:05",
        "2026-01-01T00:10",
    ]


def test_at_is_in_the_zone_of_the_schedule():
    assert _times("at(2026-01-01T05:00:00)", "2025-12-01T00:00:00+00:00", 1) == ["2025-12-31T18:00"]


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("cron(61 * * * ? *)", "UTC"),
        ("every day", "UTC"),
        ("rate(0 days)", "UTC"),
        ("rate(1 day)", "Melbourne"),
    ],
)
def test_what_can_never_fire_is_refused(text, zone):
    with pytest.raises(ExpressionError):
        Expression(text=text, zone=zone)
