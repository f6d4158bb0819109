"""The retailer delivers the same rows for the same seed, of any size, with the faults that its contracts know."""

from __future__ import annotations

import tracemalloc
from collections import defaultdict
from datetime import date
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.retail import retailer
from local.retail.calendar import days_between
from local.retail.retailer import LATE, Retailer

DAYS = days_between(date(2026, 1, 5), date(2026, 1, 7))


def files(**options):
    """Every file as one table, by dataset, day and name."""
    options = {"customers": 1000, "orders": 3000, "seed": 7, "days": DAYS} | options
    parts = defaultdict(list)
    for part in Retailer(**options).deliveries():
        parts[part.dataset, part.day, part.name].append(part.table)
    return {place: pa.concat_tables(tables) for place, tables in parts.items()}


def whole(found, dataset):
    return pa.concat_tables([table for place, table in found.items() if place[0] == dataset])


@pytest.fixture(scope="module")
def delivered():
    return files()


def test_the_same_seed_delivers_the_same_rows(delivered):
    assert files() == delivered


def test_another_seed_delivers_other_rows(delivered):
    assert whole(files(seed=8), "orders")["total"] != whole(delivered, "orders")["total"]


def test_rows_do_not_depend_on_the_size_of_a_slice(delivered, monkeypatch):
    monkeypatch.setattr(retailer, "SLICE_ROWS", 97)
    sliced = files()
    for place, table in delivered.items():
        assert sorted(map(str, sliced[place].to_pylist())) == sorted(map(str, table.to_pylist()))


@settings(max_examples=25)
@given(
    customers=st.integers(1, 400),
    orders=st.integers(0, 600),
    seed=st.integers(0, 2**32),
    length=st.integers(1, 9),
)
def test_any_size_gives_each_order_once_a_state_and_items_that_exist(customers, orders, seed, length):
    days = days_between(date(2026, 2, 26), date(2026, 2, 25 + 3))[:length]
    found = files(customers=customers, orders=orders, seed=seed, days=days)
    ids = set(whole(found, "customers")["customer_id"].to_pylist())
    assert len(ids) <= customers
    if not orders:
        return
    placed = whole(found, "orders")
    assert len(set(placed["order_id"].to_pylist())) == orders
    assert set(whole(found, "order_items")["order_id"].to_pylist()) == set(placed["order_id"].to_pylist())


def test_an_order_comes_again_with_a_later_state(delivered):
    states = defaultdict(list)
    for row in whole(delivered, "orders").to_pylist():
        states[row["order_id"]].append((row["updated_at"], row["status"]))
    repeated = [tuple(status for _, status in sorted(seen)) for seen in states.values() if len(seen) > 1]
    assert set(repeated) >= {("placed", "paid"), ("paid", "shipped"), ("paid", "returned")}


def test_orders_ahead_of_their_customers_come_from_one_minute_and_their_customers_a_day_later(delivered):
    known = set()
    for day, following in pairwise(DAYS):
        known |= set(delivered["customers", day, "part-00000"]["customer_id"].to_pylist())
        orders = delivered["orders", day, "part-00000"].to_pylist()
        ahead = [order for order in orders if order["customer_id"] not in known]
        assert 0 < len(ahead) < 0.02 * len(orders)
        assert {f"{order['ordered_at']:%Y-%m-%dT%H:%M}" for order in ahead} == {f"{day}T09:41"}
        late = delivered["customers", following, "part-00000"]["customer_id"].to_pylist()
        assert {order["customer_id"] for order in ahead} <= set(late)


def test_the_tills_of_one_state_come_late_once(delivered):
    late = [place for place in delivered if place[2] == LATE]
    assert sorted(place[:2] for place in late) == [("order_items", DAYS[1]), ("orders", DAYS[1])]
    orders = delivered["orders", DAYS[1], LATE]
    assert set(orders["state"].to_pylist()) == {"WA"}
    assert set(orders["channel"].to_pylist()) == {"store"}


def test_totals_differ_from_their_items_by_the_fee_of_the_phone_and_by_lost_points_only(delivered):
    items = defaultdict(int)
    for line in delivered["order_items", DAYS[0], "part-00000"].to_pylist():
        items[line["order_id"]] += line["quantity"] * line["unit_price"] - line["discount"]
    differences = defaultdict(set)
    for order in delivered["orders", DAYS[0], "part-00000"].to_pylist():
        difference = order["total"] - items[order["order_id"]]
        differences[order["channel"]].add("none" if not difference else str(difference))
    assert differences["phone"] == {"4.95"}
    assert differences["web"] == differences["app"] == differences["store"] == {"none"}
    assert len(differences["marketplace"]) > 1


def test_a_few_are_born_in_the_wrong_century(delivered):
    births = whole(delivered, "customers")["date_of_birth"]
    wrong = pc.sum(pc.greater(births, date(2017, 1, 1))).as_py()
    assert 0 < wrong < 0.01 * len(births)


def test_mailboxes_are_typed_otherwise_now_and_then(delivered):
    typed = delivered["orders", DAYS[0], "part-00000"]["contact_email"].drop_null()
    kept = set(whole(delivered, "customers")["email"].to_pylist())
    other = [email for email in typed.to_pylist() if email not in kept]
    assert 0.01 < len(other) / len(typed) < 0.06
    assert {email.strip().lower() for email in typed.to_pylist()} - kept == set()


def test_names_are_written_in_more_than_ascii(delivered):
    found = whole(delivered, "customers")["name"].to_pylist()
    assert any(not name.isascii() for name in found)
    assert any(ord(letter) > 0x2E80 for name in found for letter in name)


def test_a_few_customers_and_articles_make_most_of_the_sales(delivered):
    for dataset, column in (("orders", "customer_id"), ("order_items", "sku")):
        counts = sorted(
            (pair["counts"] for pair in pc.value_counts(whole(delivered, dataset)[column]).to_pylist()),
            reverse=True,
        )
        assert sum(counts[: len(counts) // 5]) > 0.35 * sum(counts)


def test_returned_lines_take_back_what_was_bought(delivered):
    back = whole(delivered, "order_items").filter(pc.field("quantity") < 0).to_pylist()
    bought = {
        (row["order_id"], row["sku"], row["quantity"]) for row in whole(delivered, "order_items").to_pylist()
    }
    assert back
    assert all((row["order_id"], row["sku"], -row["quantity"]) in bought for row in back)


def test_memory_does_not_grow_with_the_orders(monkeypatch):
    monkeypatch.setattr(retailer, "SLICE_ROWS", 2_000)

    def peak(orders):
        tracemalloc.start()
        for _ in Retailer(customers=500, orders=orders, seed=7, days=DAYS).deliveries():
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(2_000)
    assert peak(60_000) < 1.5 * peak(12_000)


def test_a_retailer_without_customers_is_refused():
    with pytest.raises(ValueError, match="one customer or more"):
        Retailer(customers=0, orders=1, seed=7, days=DAYS)
