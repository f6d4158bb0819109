"""Who is a customer on which day: a base from earlier years, sign-ups every day, and one rush of sign-ups a day."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from local.retail.calendar import SECONDS_A_DAY, DayClock, midnight

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from local.retail.draws import Draws

_NEW_SHARE = 0.06  # of all customers sign up during the days
_YEARS_OF_BASE = 6
# A campaign goes out at the same minute each day; whoever signs up then is delivered a day later.
_RUSH_HOUR, _RUSH_MINUTE = 9, 41
_RUSH_SHARE = 0.35  # of a day's sign-ups
_RUSH_ORDERS = 0.012  # of a day's orders, at most


@dataclass(frozen=True, kw_only=True)
class Rush:
    """The sign-ups of one minute: `size` customers from `first_customer`, whose orders begin at `first_order`."""

    first_customer: int
    size: int
    first_order: int
    minute: int


class Population:
    """The customers by day.

    Args:
        count: Customers at the end of the last day.
        days: The days, in order.
        draws: Of the retailer.
    """

    def __init__(self, count: int, days: Sequence[date], draws: Draws) -> None:
        self._days, self._draws = list(days), draws
        signed_up = int(count * _NEW_SHARE)
        self.base = count - signed_up
        ends = np.round(np.linspace(0, signed_up, len(self._days) + 1)).astype(np.int64)
        self._ends = [int(end) for end in ends]

    def joined_before(self, day: date) -> int:
        """How many signed up on earlier days."""
        return self._ends[self._place(day)]

    def joined_on(self, day: date) -> range:
        """The numbers of who signs up on the day, those of the rush last."""
        place = self._place(day)
        return range(self.base + self._ends[place], self.base + self._ends[place + 1])

    def rush(self, day: date, orders: int) -> Rush:
        """The day's rush, which never makes more than a small part of the day's orders."""
        joined = self.joined_on(day)
        size = min(int(np.ceil(len(joined) * _RUSH_SHARE)), int(orders * _RUSH_ORDERS))
        minute = midnight(day) + (_RUSH_HOUR * 60 + _RUSH_MINUTE) * 60
        shares = np.linspace(0.0, 1.0, 1001)
        share = float(np.interp(minute, DayClock(day).at(shares), shares))
        first_order = min(int(share * orders), max(0, orders - size))
        return Rush(first_customer=joined.stop - size, size=size, first_order=first_order, minute=minute)

    def created_at(self, numbers: Any, *, orders_of: dict[date, int]) -> Any:
        """When each signed up, in seconds since 1970.

        Args:
            numbers: Customers.
            orders_of: Orders a day, by which a rush is measured.
        """
        age = self._draws.uniform("age of account", numbers) ** 1.5
        start = midnight(self._days[0])
        created = start - 1 - (age * _YEARS_OF_BASE * 365 * SECONDS_A_DAY).astype(np.int64)
        for day in self._days:
            joined, rush = self.joined_on(day), self.rush(day, orders_of[day])
            here = (numbers >= joined.start) & (numbers < joined.stop)
            if not here.any():
                continue
            moment = DayClock(day).at(self._draws.uniform("signed up", numbers))
            at_rush = rush.minute + self._draws.below("rush sign-up", numbers, 20)
            moment = np.where(numbers >= rush.first_customer, at_rush, moment)
            created = np.where(here, moment, created)
        return created

    def _place(self, day: date) -> int:
        return bisect_left(self._days, day)
