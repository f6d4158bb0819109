"""Durations: a value and an ODCS unit in slaProperties, ISO 8601 in customProperties."""

from __future__ import annotations

import re

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
_ISO = re.compile(r"P(?:([0-9]+)W|(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?)?)")


def seconds(value: float, unit: str) -> int:
    """The duration in seconds; a year has 365 days.

    Raises:
        KeyError: when the unit is not in `UNITS`.

    Example:
        >>> seconds(26, "h"), seconds(7, "years") // DAY
        (93600, 2555)
    """
    return round(value * _UNITS[unit])


def iso_seconds(text: str) -> int:
    """The ISO 8601 duration of weeks, or of days, hours and minutes, in seconds.

    Months and years have no one length and are not known here.

    Raises:
        ValueError: when the text is no such duration.

    Example:
        >>> iso_seconds("P1W") // DAY, iso_seconds("P1DT12H") // 3600, iso_seconds("PT30M")
        (7, 36, 1800)
    """
    found = _ISO.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError(f"{text!r} is no duration such as P7D, P2W or PT12H")
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    return (weeks * 7 + days) * DAY + hours * 3_600 + minutes * 60
