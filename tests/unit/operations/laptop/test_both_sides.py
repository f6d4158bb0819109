"""A table in its database and in the lake: what differs is told by its key, and a doubled key is no row."""

from __future__ import annotations

import pytest

from operations.laptop.both_sides import Difference, by_key, differences
from operations.scope import scope


@pytest.fixture(scope="module")
def items():
    return scope("retail.order_items").dataset


def row(order, line, sku="SKU-00001"):
    return [order, line, sku, "1", "20.00", "0.00"]


def test_rows_are_found_by_their_primary_key(items):
    assert by_key(items, [row("O1", "2")]) == {("O1", "2"): tuple(row("O1", "2"))}


def test_a_key_that_stands_twice_is_refused(items):
    with pytest.raises(ValueError, match=r"retail\.order_items: the key \('O1', '2'\) stands twice"):
        by_key(items, [row("O1", "2"), row("O1", "2", sku="SKU-00002")])


def test_the_same_rows_in_another_order_do_not_differ(items):
    rows = [row("O1", "1"), row("O1", "2"), row("O2", "1")]
    assert differences(by_key(items, rows), by_key(items, rows[::-1])) == []


def test_lost_invented_and_changed_rows_are_told_apart(items):
    source = by_key(items, [row("O1", "1"), row("O2", "1"), row("O3", "1")])
    lake = by_key(items, [row("O1", "1"), row("O2", "1", sku="SKU-00002"), row("O4", "1")])
    assert differences(source, lake) == [
        Difference(
            key=("O2", "1"), source=tuple(row("O2", "1")), lake=tuple(row("O2", "1", sku="SKU-00002"))
        ),
        Difference(key=("O3", "1"), source=tuple(row("O3", "1")), lake=None),
        Difference(key=("O4", "1"), source=None, lake=tuple(row("O4", "1"))),
    ]


def test_an_empty_value_is_not_an_empty_text(items):
    assert (
        len(differences(by_key(items, [row("O1", "1", sku="")]), by_key(items, [row("O1", "1", sku=None)])))
        == 1
    )
