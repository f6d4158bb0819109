"""Durations of slaProperties: a value and an ODCS unit."""

from __future__ import annotations

_SECONDS = {
    ("s", "second", "seconds"): 1,
    ("min", "minute", "minutes"): 60,
    ("h", "hr", "hour", "hours"): 3_600,
    ("d", "day", "days"): 86_400,
    ("w", "week", "weeks"): 604_800,
    ("y", "yr", "year", "years"): 31_536_000,
}
_UNITS = {name: seconds for names, seconds in _SECONDS.items() for name in names}
UNITS = tuple(_UNITS)
DAY = 86_400


def seconds(value: float, unit: str) -> int:
    """The duration in seconds; a year has 365 days.

    Raises:
        KeyError: when the unit is not in `UNITS`.

    Example:
        >>> seconds(26, "h"), seconds(7, "years") // DAY
        (93600, 2555)
    """
    return round(value * _UNITS[unit])
