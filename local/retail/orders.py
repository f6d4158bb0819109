"""One day's orders and their items, by number within the day: made in any slice, always the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.retail.calendar import DayClock, number_of
from local.retail.words import digits, either, joined, moments, money, picked, present

if TYPE_CHECKING:
    from datetime import date

    from local.retail.articles import Articles
    from local.retail.customers import Customers
    from local.retail.draws import Draws
    from local.retail.population import Population

CHANNELS, _CHANNEL_WEIGHTS = ("web", "app", "store", "marketplace", "phone"), (46, 30, 14, 7, 3)
STATUSES = ("placed", "paid", "shipped", "cancelled", "returned")
PLACED, PAID, SHIPPED, CANCELLED, RETURNED = range(len(STATUSES))
_STORE, _MARKETPLACE, _PHONE = (CHANNELS.index(name) for name in ("store", "marketplace", "phone"))
_CANCELLED_AT_ONCE, _STILL_PLACED = 0.03, 0.06
_PHONE_FEE_CENTS = 495  # the call centre adds it to the total, and no item says so
_WITHOUT_EMAIL_IN_STORE = 0.6
_SHOUTED, _WITH_BLANK, _CAPITALISED = 0.01, 0.012, 0.015
_REGULARS = 1.6
_FROM_NEWER_CUSTOMERS = 0.03
_MOST_LINES = 8
_LINES_A_NUMBER = 16  # room for the lines of one order in the numbers of draws
_DAYS_A_NUMBER = 1 << 32
_ON_SALE, _SALE_PERCENT = 0.12, 10
# The marketplace's export loses the decimal point of some prices.
_POINT_LOST = 0.03
_POINT = 100


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The items of some orders: `order` is the place of the order in the slice, the rest is a value a line."""

    order: Any
    line: Any
    article: Any
    quantity: Any
    cents: Any
    discount: Any

    @property
    def value(self) -> Any:
        """What the line costs in cents, as the till computes it."""
        return self.quantity * self.cents - self.discount


class DayOfOrders:
    """The orders that are placed on one day.

    Args:
        day: The day, UTC.
        count: How many orders.
        draws: Of the retailer.
        customers: Who may order.
        articles: What may be ordered.
        population: Who is a customer already.
    """

    def __init__(
        self,
        day: date,
        count: int,
        *,
        draws: Draws,
        customers: Customers,
        articles: Articles,
        population: Population,
    ) -> None:
        self.day, self.count = day, count
        self._draws, self._customers, self._articles = draws, customers, articles
        self._population = population
        self._clock = DayClock(day)

    def keys(self, numbers: Any) -> Any:
        """Numbers that no order of another day has."""
        return np.asarray(numbers, dtype=np.int64) + number_of(self.day) * _DAYS_A_NUMBER

    def ids(self, numbers: Any) -> Any:
        """Their ids, which begin with the day."""
        return joined(f"O{self.day:%Y%m%d}-", digits(numbers, 8))

    def buyers(self, numbers: Any) -> Any:
        """The customer of each: regulars order most; sign-ups of a rush order at once."""
        keys = self.keys(numbers)
        buyers = self._draws.popular("buyer", keys, self._population.base, _REGULARS)
        newer = self._population.joined_before(self.day)
        if newer:
            rather_newer = self._draws.happens("newer buyer", keys, _FROM_NEWER_CUSTOMERS)
            picked_newer = self._population.base + self._draws.below("which newer", keys, newer)
            buyers = np.where(rather_newer, picked_newer, buyers)
        rush = self._population.rush(self.day, self.count)
        place = np.asarray(numbers) - rush.first_order
        return np.where((place >= 0) & (place < rush.size), rush.first_customer + place, buyers)

    def seconds(self, numbers: Any) -> Any:
        """When each is placed, in seconds since 1970: later numbers are later orders."""
        share = (np.asarray(numbers) + self._draws.uniform("moment", self.keys(numbers))) / max(1, self.count)
        rush = self._population.rush(self.day, self.count)
        place = np.asarray(numbers) - rush.first_order
        in_rush = (place >= 0) & (place < rush.size)
        at_once = rush.minute + 20 + self._draws.below("rush second", self.keys(numbers), 40)
        return np.where(in_rush, at_once, self._clock.at(share))

    def channels(self, numbers: Any) -> Any:
        """The place of each one's channel in `CHANNELS`."""
        return self._draws.chosen("channel", self.keys(numbers), _CHANNEL_WEIGHTS)

    def states(self, numbers: Any) -> Any:
        """Where each goes, which is where its buyer lives."""
        return self._customers.states(self.buyers(numbers))

    def statuses(self, numbers: Any) -> Any:
        """What becomes of each on its own day."""
        draw = self._draws.uniform("status", self.keys(numbers))
        return np.where(
            draw < _CANCELLED_AT_ONCE, CANCELLED, np.where(draw > 1 - _STILL_PLACED, PLACED, PAID)
        )

    def lines(self, numbers: Any) -> Lines:
        """The items of the orders, one to eight each."""
        keys = self.keys(numbers)
        counts = 1 + (_MOST_LINES * self._draws.uniform("lines", keys) ** 3).astype(np.int64)
        order = np.repeat(np.arange(len(keys)), counts)
        line = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        each = keys[order] * _LINES_A_NUMBER + line
        article = self._articles.sold(each)
        quantity = 1 + (4 * self._draws.uniform("quantity", each) ** 4).astype(np.int64)
        cents = self._articles.cents(article)
        on_sale = self._draws.happens("sale", each, _ON_SALE)
        discount = np.where(on_sale, quantity * cents * _SALE_PERCENT // 100, 0)
        return Lines(
            order=order, line=line, article=article, quantity=quantity, cents=cents, discount=discount
        )

    def returns(self, lines: Lines, returned: Any) -> Lines:
        """The first line of each returned order once more, as the line that takes it back.

        Args:
            lines: The items of some orders.
            returned: Whether each of these orders comes back.
        """
        counts = np.bincount(lines.order)
        first = (lines.line == 1) & returned[lines.order]
        order = lines.order[first]
        return Lines(
            order=order,
            line=counts[order] + 1,
            article=lines.article[first],
            quantity=-lines.quantity[first],
            cents=lines.cents[first],
            discount=-lines.discount[first],
        )

    def totals(self, numbers: Any, lines: Lines) -> Any:
        """What each order costs in cents: its items, and the fee of an order by phone."""
        items = np.bincount(lines.order, weights=lines.value, minlength=len(numbers)).astype(np.int64)
        return items + np.where(self.channels(numbers) == _PHONE, _PHONE_FEE_CENTS, 0)

    def order_rows(self, numbers: Any, *, statuses: Any, updated: Any, totals: Any) -> Any:
        """The rows of orders as the source exports them."""
        buyers = self.buyers(numbers)
        columns = {
            "order_id": self.ids(numbers),
            "customer_id": self._customers.ids(buyers),
            "ordered_at": moments(self.seconds(numbers)),
            "updated_at": moments(updated),
            "state": self._customers.states(buyers),
            "channel": picked(CHANNELS, self.channels(numbers)),
            "status": picked(STATUSES, statuses),
            "total": money(totals),
            "contact_email": self._emails(numbers, buyers),
        }
        return pa.table(columns)

    def item_rows(self, numbers: Any, lines: Lines) -> Any:
        """The rows of items as the source exports them; the marketplace's prices may have lost their point."""
        each = self.keys(numbers)[lines.order] * _LINES_A_NUMBER + lines.line
        lost = self._draws.happens("point lost", each, _POINT_LOST)
        lost &= self.channels(numbers)[lines.order] == _MARKETPLACE
        cents = np.where(lost, lines.cents * _POINT, lines.cents)
        columns = {
            "order_id": self.ids(numbers).take(pa.array(lines.order)),
            "line": pa.array(lines.line, pa.int32()),
            "sku": self._articles.skus(lines.article),
            "quantity": pa.array(lines.quantity, pa.int32()),
            "unit_price": money(cents, 10),
            "discount": money(lines.discount, 10),
        }
        return pa.table(columns)

    def _emails(self, numbers: Any, buyers: Any) -> Any:
        """The mailbox as it was typed into the order: mostly the customer's, sometimes not letter by letter."""
        keys = self.keys(numbers)
        email = self._customers.emails(buyers)
        typed = self._draws.uniform("typed", keys)
        edges = np.cumsum((_SHOUTED, _WITH_BLANK, _CAPITALISED))
        email = either(typed < edges[0], pc.utf8_upper(email), email)
        email = either((typed >= edges[0]) & (typed < edges[1]), joined(email, " "), email)
        email = either((typed >= edges[1]) & (typed < edges[2]), pc.utf8_capitalize(email), email)
        without = (self.channels(numbers) == _STORE) & self._draws.happens(
            "no email", keys, _WITHOUT_EMAIL_IN_STORE
        )
        return present(~without, email)
