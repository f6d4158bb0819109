"""The retailer as a source system: which rows it delivers on which day, in slices that fit into memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from local.retail.articles import Articles
from local.retail.calendar import SECONDS_A_DAY, midnight, shared_out
from local.retail.customers import Customers
from local.retail.draws import Draws
from local.retail.orders import CHANNELS, PAID, PLACED, RETURNED, SHIPPED, DayOfOrders
from local.retail.population import Population

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

Dataset = Literal["customers", "orders", "order_items"]
DATASETS: tuple[Dataset, ...] = ("customers", "orders", "order_items")
ON_TIME, LATE = "part-00000", "late-00000"
SLICE_ROWS = 200_000
_CHANGED = 0.004  # of the base, a day
_DELIVERED_TWICE = 0.025  # as placed and, minutes later, as paid
_SHIPPED_NEXT_DAY, _RETURNED_NEXT_DAY = 0.12, 0.015
_SECONDS_UNTIL_PAID = 600
_LATE_CHANNEL, _LATE_STATE = "store", "WA"


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Some rows of one file: `table` belongs into the file `name` of the dataset's `day`."""

    dataset: Dataset
    day: date
    name: str
    table: Any


class Retailer:
    """Everything that the source delivers in some days.

    Args:
        customers: Customers at the end of the last day.
        orders: Orders in all days together.
        seed: Another seed makes another retailer.
        days: The days, in order; with two or more, one has a late file.

    Raises:
        ValueError: when there are fewer customers than orders can refer to.

    Example:
        >>> from datetime import date
        >>> days = [date(2026, 1, 5), date(2026, 1, 6)]
        >>> retailer = Retailer(customers=100, orders=400, seed=7, days=days)
        >>> sorted({(part.dataset, part.name) for part in retailer.deliveries()})[:2]
        [('customers', 'part-00000'), ('order_items', 'late-00000')]
    """

    def __init__(self, *, customers: int, orders: int, seed: int, days: Sequence[date]) -> None:
        if customers < 1 or orders < 0:
            raise ValueError(
                f"{customers} customers and {orders} orders: give one customer or more, and no order or more"
            )
        self._days = list(days)
        self._draws = Draws(seed)
        self._customers, articles = Customers(self._draws), Articles(self._draws)
        self._population = Population(customers, self._days, self._draws)
        self._counts = dict(zip(self._days, shared_out(orders, self._days), strict=True))
        self._orders = {
            day: DayOfOrders(
                day,
                count,
                draws=self._draws,
                customers=self._customers,
                articles=articles,
                population=self._population,
            )
            for day, count in self._counts.items()
        }
        self._late_day = self._days[len(self._days) // 2] if len(self._days) > 1 else None

    def deliveries(self) -> Iterator[Slice]:
        """Every slice of every file, day by day."""
        for place, day in enumerate(self._days):
            for table in self._customer_tables(place):
                yield Slice(dataset="customers", day=day, name=ON_TIME, table=table)
            for orders, items, late in self._sales(place):
                name = LATE if late else ON_TIME
                yield Slice(dataset="orders", day=day, name=name, table=orders)
                yield Slice(dataset="order_items", day=day, name=name, table=items)

    def _customer_tables(self, place: int) -> Iterator[Any]:
        day = self._days[place]
        base = self._population.base
        for numbers in _slices(base):
            if place == 0:
                yield self._customer_table(numbers, 0)
                continue
            changed = self._draws.happens(f"changed {day}", numbers, _CHANGED)
            if changed.any():
                yield self._customer_table(numbers[changed], place)
        yield from (self._customer_table(numbers, 0) for numbers in self._sign_ups(place) if len(numbers))

    def _sign_ups(self, place: int) -> Iterator[Any]:
        """The day's new customers, without those of its rush; and those of the rush of the day before."""
        day = self._days[place]
        joined, rush = self._population.joined_on(day), self._rush(place)
        yield np.arange(joined.start, joined.stop - rush.size)
        if place:
            before = self._rush(place - 1)
            yield np.arange(before.first_customer, before.first_customer + before.size)

    def _rush(self, place: int) -> Any:
        day = self._days[place]
        return self._population.rush(day, self._counts[day])

    def _customer_table(self, numbers: Any, edition: int) -> Any:
        created = self._population.created_at(numbers, orders_of=self._counts)
        return self._customers.table(numbers, created_at=created, edition=edition)

    def _sales(self, place: int) -> Iterator[tuple[Any, Any, bool]]:
        """Tables of orders and of their items, and whether they come late."""
        day = self._days[place]
        for numbers in _slices(self._counts[day]):
            late = np.zeros(len(numbers), dtype=bool)
            if day == self._late_day:
                late = self._comes_late(day, numbers)
                if late.any():
                    yield *self._new(day, numbers[late]), True
            if not late.all():
                yield *self._new(day, numbers[~late]), False
        if place:
            for numbers in _slices(self._counts[self._days[place - 1]]):
                yield *self._followed_up(place, numbers), False

    def _comes_late(self, day: date, numbers: Any) -> Any:
        """The tills of one state were offline until the next day."""
        orders = self._orders[day]
        channel = orders.channels(numbers) == CHANNELS.index(_LATE_CHANNEL)
        there = orders.states(numbers).to_numpy(zero_copy_only=False) == _LATE_STATE
        return channel & there

    def _new(self, day: date, numbers: Any) -> tuple[Any, Any]:
        """Today's orders; of some, also the state before the payment."""
        orders = self._orders[day]
        lines = orders.lines(numbers)
        totals, statuses = orders.totals(numbers, lines), orders.statuses(numbers)
        placed_at, keys = orders.seconds(numbers), orders.keys(numbers)
        until_paid = 60 + self._draws.below("until paid", keys, _SECONDS_UNTIL_PAID)
        updated = placed_at + np.where(statuses == PLACED, 0, until_paid)
        twice = (statuses == PAID) & self._draws.happens("twice", keys, _DELIVERED_TWICE)
        rows = [
            orders.order_rows(
                numbers[twice],
                statuses=np.full(int(twice.sum()), PLACED),
                updated=placed_at[twice],
                totals=totals[twice],
            ),
            orders.order_rows(numbers, statuses=statuses, updated=updated, totals=totals),
        ]
        return pa.concat_tables(rows), orders.item_rows(numbers, lines)

    def _followed_up(self, place: int, numbers: Any) -> tuple[Any, Any]:
        """Yesterday's orders that were shipped or came back: the order again, and the line that was returned."""
        orders = self._orders[self._days[place - 1]]
        keys = orders.keys(numbers)
        draw = self._draws.uniform("next day", keys)
        paid = orders.statuses(numbers) == PAID
        returned = paid & (draw < _RETURNED_NEXT_DAY)
        numbers = numbers[returned | (paid & (draw > 1 - _SHIPPED_NEXT_DAY))]
        returned = self._draws.uniform("next day", orders.keys(numbers)) < _RETURNED_NEXT_DAY
        lines = orders.lines(numbers)
        back = orders.returns(lines, returned)
        value = np.bincount(back.order, weights=back.value, minlength=len(numbers)).astype(np.int64)
        moment = midnight(self._days[place]) + self._draws.below(
            "when next", orders.keys(numbers), SECONDS_A_DAY
        )
        table = orders.order_rows(
            numbers,
            statuses=np.where(returned, RETURNED, SHIPPED),
            updated=moment,
            totals=orders.totals(numbers, lines) + value,
        )
        return table, orders.item_rows(numbers, back)


def _slices(count: int) -> Iterator[Any]:
    for start in range(0, count, SLICE_ROWS):
        yield np.arange(start, min(count, start + SLICE_ROWS))
