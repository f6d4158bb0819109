"""The retailer's stock: changes are changes of what is there, and every kind comes."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from local.retail import stock
from local.retail.stock import Stock


def applied(transactions):
    """The rows that a database has after the transactions; it refuses what a database would."""
    rows = {}
    for statements in transactions:
        for statement in statements:
            keys = [(row["sku"], row["location"]) for row in statement.rows]
            assert len(set(keys)) == len(keys)
            for row, key in zip(statement.rows, keys, strict=True):
                assert (key in rows) is (statement.operation != "insert")
                if statement.operation == "delete":
                    del rows[key]
                elif statement.operation == "move":
                    new = row["new_sku"], row["new_location"]
                    assert new not in rows
                    rows[new] = rows.pop(key)
                else:
                    rows[key] = row
    return rows


def test_a_database_that_takes_every_change_ends_with_the_rows_that_the_stock_remembers():
    made = Stock(7, most=200)
    rows = applied([made.transaction(60) for _ in range(80)])
    assert set(made.keys) == set(rows)
    assert 0 < len(rows) <= 200


def test_every_kind_of_change_comes_and_updates_most():
    made = Stock(7)
    made.transaction(500, only="insert")
    count = Counter(each.operation for _ in range(60) for each in made.transaction(50) for _ in each.rows)
    assert set(count) == {"insert", "update", "delete", "move"}
    assert count.most_common(1)[0][0] == "update"


def test_the_same_seed_makes_the_same_changes_and_another_others():
    first, same, other = (Stock(seed).transaction(50) for seed in (7, 7, 8))
    assert first == same
    assert first != other


def test_a_transaction_has_as_many_changes_as_it_was_asked_for():
    made = Stock(7)
    made.transaction(300, only="insert")
    assert sum(len(each.rows) for each in made.transaction(123)) == 123


def test_keys_and_values_are_what_the_contract_allows():
    [statement] = Stock(7).transaction(400, only="insert")
    for row in statement.rows:
        assert re.fullmatch(r"SKU-[0-9]{5}", row["sku"])
        assert re.fullmatch(r"[A-Z]{3}-[0-9]{2}", row["location"])
        assert -1000 <= row["quantity"] <= 1_000_000
        assert row["note"] is None or len(row["note"]) <= 200


@pytest.mark.parametrize("rows", [0, 5])
def test_the_command_writes_one_transaction_a_line(capsys, rows):
    assert stock.main(["--rows", str(rows), "--transactions", "3", "--changes", "4"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [sum(len(each["rows"]) for each in line) for line in lines] == [rows, 4, 4, 4]
