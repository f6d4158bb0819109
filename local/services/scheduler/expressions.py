"""When a schedule fires next: at(), rate() and cron() in the schedule's own time zone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_AT = re.compile(r"^at\((?P<moment>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})\)$")
_RATE = re.compile(r"^rate\((?P<count>[1-9]\d*)\s+(?P<unit>minute|hour|day)s?\)$")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
_MOST_SKIPPED = 1000
_MINUTES, _HOURS, _MONTHS = frozenset(range(60)), frozenset(range(24)), frozenset(range(1, 13))


class ExpressionError(ValueError):
    """A schedule expression or time zone that EventBridge Scheduler refuses."""


@dataclass(frozen=True, kw_only=True)
class Expression:
    """A checked schedule expression.

    Args:
        text: `at(...)`, `rate(...)` or `cron(...)`.
        zone: IANA name of the time zone.

    Raises:
        ExpressionError: The text or the zone is not one.

    Example:
        >>> five = Expression(text="cron(0 5 * * ? *)", zone="Australia/Melbourne")
        >>> winter = dt.datetime(2026, 7, 1, 0, 0, tzinfo=dt.UTC)
        >>> five.next_after(winter, anchor=winter).isoformat()
        '2026-07-01T19:00:00+00:00'
        >>> summer = dt.datetime(2026, 12, 1, 0, 0, tzinfo=dt.UTC)
        >>> five.next_after(summer, anchor=summer).isoformat()
        '2026-12-01T18:00:00+00:00'
    """

    text: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Check text and zone."""
        from ministack.services import eventbridge

        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ExpressionError(f"Invalid ScheduleExpressionTimezone {self.zone}.") from error
        if _AT.match(self.text) or _RATE.match(self.text):
            return
        fields = eventbridge._parse_cron_fields(self.text)
        if fields is None or not (
            fields[0] <= _MINUTES and fields[1] <= _HOURS and fields[3] <= _MONTHS and fields[0] and fields[1]
        ):
            raise ExpressionError(f"Invalid Schedule Expression {self.text}.")

    @property
    def once(self) -> bool:
        """Whether it fires only once."""
        return bool(_AT.match(self.text))

    def next_after(self, after: dt.datetime, *, anchor: dt.datetime) -> dt.datetime | None:
        """The first moment later than `after`, in UTC; None when there is none.

        Args:
            after: An aware datetime.
            anchor: Where rate() counts from: StartDate, or when the schedule was made.
        """
        at = _AT.match(self.text)
        if at:
            moment = (
                dt.datetime.fromisoformat(at["moment"]).replace(tzinfo=ZoneInfo(self.zone)).astimezone(dt.UTC)
            )
            return moment if moment > after else None
        rate = _RATE.match(self.text)
        if rate:
            step = int(rate["count"]) * _UNIT_SECONDS[rate["unit"]]
            steps = max(int((after - anchor).total_seconds() // step) + 1, 0)
            return (anchor + dt.timedelta(seconds=steps * step)).astimezone(dt.UTC)
        return self._next_of_cron(after)

    def _next_of_cron(self, after: dt.datetime) -> dt.datetime | None:
        """Walk the wall clock of the zone: hours that a change of clocks skips do not fire, doubled ones once."""
        from ministack.services import eventbridge

        zone = ZoneInfo(self.zone)
        fields = eventbridge._parse_cron_fields(self.text)
        # One minute and one hour back: the wall clock may have been put back since.
        wall = after.astimezone(zone).replace(tzinfo=dt.UTC) - dt.timedelta(hours=1, minutes=1)
        for _ in range(_MOST_SKIPPED):
            found = eventbridge._cron_next_fire(fields, wall)
            if found is None:
                return None
            wall = found
            moment: dt.datetime = found.replace(tzinfo=zone).astimezone(dt.UTC)
            exists = moment.astimezone(zone).replace(tzinfo=None) == found.replace(tzinfo=None)
            if exists and moment > after:
                return moment
        return None
