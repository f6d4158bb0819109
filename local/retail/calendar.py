"""When people shop: more at weekends, most in the evening. Times are UTC; the shop's evening is Melbourne's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_WEEKDAYS = (0.92, 0.88, 0.90, 0.98, 1.10, 1.16, 1.06)  # Monday first
# Orders by the local hour; at the weekend people sleep longer and buy in the afternoon.
_WEEK_HOURS = (4, 2, 1, 1, 1, 3, 8, 18, 30, 36, 40, 44, 52, 46, 40, 38, 42, 50, 62, 78, 84, 70, 40, 16)
_WEEKEND_HOURS = (8, 4, 2, 1, 1, 2, 5, 12, 26, 46, 64, 72, 72, 70, 66, 60, 54, 50, 52, 60, 62, 50, 32, 16)
_SATURDAY = 5
_HOURS_AHEAD_OF_UTC = 10
_SECONDS_AN_HOUR = 3600
SECONDS_A_DAY = 86_400
_EPOCH = date(1970, 1, 1)


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from the first to the last, both included.

    Raises:
        ValueError: when the last is before the first.

    Example:
        >>> len(days_between(date(2026, 1, 5), date(2026, 1, 7)))
        3
    """
    if last < first:
        raise ValueError(f"{first}..{last} ends before it begins: write the earlier day first")
    return tuple(first + timedelta(days=number) for number in range((last - first).days + 1))


def midnight(day: date) -> int:
    """The day's first second since 1970, UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def number_of(day: date) -> int:
    """Days since 1970.

    Example:
        >>> number_of(date(2026, 1, 5))
        20458
    """
    return (day - _EPOCH).days


def shared_out(total: int, days: Sequence[date]) -> list[int]:
    """The total over the days by the weekday, exactly.

    Example:
        >>> shared_out(1000, days_between(date(2026, 1, 5), date(2026, 1, 7)))
        [341, 326, 333]
    """
    edges = np.cumsum([_WEEKDAYS[day.weekday()] for day in days])
    ends = np.round(total * edges / edges[-1]).astype(np.int64)
    return [int(count) for count in np.diff(ends, prepend=0)]


@dataclass(frozen=True)
class DayClock:
    """The seconds at which a day's orders come, in order of their share of the day.

    Example:
        >>> clock = DayClock(date(2026, 1, 5))
        >>> [int(second) - midnight(date(2026, 1, 5)) for second in clock.at(np.array([0.0, 1.0]))]
        [0, 86400]
    """

    day: date

    def at(self, share: Any) -> Any:
        """Seconds since 1970 by which a share (0 to 1) of the day's orders has come."""
        local = _WEEKEND_HOURS if self.day.weekday() >= _SATURDAY else _WEEK_HOURS
        by_hour = [local[(hour + _HOURS_AHEAD_OF_UTC) % 24] for hour in range(24)]
        edges = np.concatenate([[0.0], np.cumsum(by_hour)]) / sum(by_hour)
        hours = np.interp(share, edges, np.arange(25))
        return midnight(self.day) + (hours * _SECONDS_AN_HOUR).astype(np.int64)
