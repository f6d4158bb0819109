"""What lies where, and how it changes: transactions on the table of stock levels, as tills and counts make them.

`python -m local.retail.stock` writes them as JSON, one transaction a line: a list of statements, each of which changes
rows of different keys: `{"operation": "insert", "rows": [...]}`.

| operation | a row holds |
|---|---|
| insert, update | all columns; of an update `sku` and `location` say which row |
| delete | `sku`, `location` |
| move | `sku`, `location`, and `new_sku`, `new_location`: the row gets another key |
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from local.retail.articles import ARTICLES

if TYPE_CHECKING:
    from collections.abc import Sequence

Operation = Literal["insert", "update", "delete", "move"]
Key = tuple[str, str]
LOCATIONS = (
    "NSW-01", "NSW-02", "NSW-03", "VIC-01", "VIC-02", "VIC-03", "QLD-01", "QLD-02", "TAS-01", "ACT-01",
    "SYD-90", "MEL-90",
)  # fmt: skip
_MIX: dict[Operation, int] = {"update": 60, "insert": 20, "delete": 12, "move": 8}
_MOST_ROWS, _STATEMENTS = (
    50,
    10,
)  # rows of a statement of a mixture; in a large transaction about so many statements
_NOTES = (
    None,
    None,
    None,
    "",
    "damaged box",
    "Rückläufer, größtenteils in Ordnung",
    "棚卸し済み 🙂",
    'the "blue" one\n2nd shelf',
)
_COUNTED = dt.datetime(2026, 1, 5)  # noqa: DTZ001 - local time of the location, as the shop writes it


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a transaction: its rows have different keys."""

    operation: Operation
    rows: Sequence[dict[str, Any]]


class Stock:
    """The stock of one seed; it remembers which rows there are, so that changes are changes of something.

    Args:
        seed: Another seed makes other stock.
        most: Rows at most; from then on nothing is inserted.

    Example:
        >>> stock = Stock(7, most=10)
        >>> [len(each.rows) for each in stock.transaction(4, only="insert")], len(stock.keys)
        ([4], 4)
    """

    def __init__(self, seed: int, *, most: int = 20_000) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a demo's data
        self._most = min(most, ARTICLES * len(LOCATIONS) // 2)
        self.keys: list[Key] = []
        self._places: dict[Key, int] = {}

    def transaction(self, changes: int, *, only: Operation | None = None) -> list[Statement]:
        """A transaction of so many changes: its statements in their order, which may change a row several times.

        Args:
            changes: Rows that it changes, all statements together.
            only: The one operation; a mixture when it is left out.
        """
        statements: list[Statement] = []
        most = max(_MOST_ROWS, 2 * changes // _STATEMENTS)
        while changes > 0:
            operation = only or self._random.choices(list(_MIX), list(_MIX.values()))[0]
            rows = changes if only else min(changes, self._random.randint(1, most))
            statements.append(self._statement(operation, rows))
            changes -= len(statements[-1].rows)
        return statements

    def _statement(self, operation: Operation, rows: int) -> Statement:
        room = self._most - len(self.keys)
        if operation == "insert" and room <= 0:
            operation = "update"
        if not self.keys:
            operation = "insert"
        if operation == "insert":
            fresh = [self._fresh() for _ in range(min(rows, room))]
            return Statement(operation="insert", rows=[self._row(key) for key in fresh])
        chosen = self._random.sample(self.keys, min(rows, len(self.keys)))
        if operation == "update":
            return Statement(operation="update", rows=[self._row(key) for key in chosen])
        if operation == "delete":
            return Statement(operation="delete", rows=[self._gone(key) for key in chosen])
        moved = []
        for key in chosen:
            sku, location = self._fresh()
            moved.append(self._gone(key) | {"new_sku": sku, "new_location": location})
        return Statement(operation="move", rows=moved)

    def _fresh(self) -> Key:
        """A key that is not there; now it is."""
        while True:
            key = f"SKU-{self._random.randrange(ARTICLES):05d}", self._random.choice(LOCATIONS)
            if key not in self._places:
                self._places[key] = len(self.keys)
                self.keys.append(key)
                return key

    def _gone(self, key: Key) -> dict[str, Any]:
        """A key that is there; now it is not."""
        place, last = self._places.pop(key), self.keys.pop()
        if last != key:
            self.keys[place] = last
            self._places[last] = place
        return {"sku": key[0], "location": key[1]}

    def _row(self, key: Key) -> dict[str, Any]:
        draw = self._random
        counted = _COUNTED + dt.timedelta(seconds=draw.randrange(86_400), microseconds=draw.randrange(10**6))
        return {
            "sku": key[0],
            "location": key[1],
            "quantity": draw.randint(-20, 5_000),
            "reorder_point": draw.choice((None, 0, 5, 100)),
            "unit_cost": f"{draw.randrange(10**7)}.{draw.randrange(100):02d}",
            "counted_at": draw.choice((None, counted.isoformat())),
            "note": draw.choice(_NOTES),
        }


def main(arguments: list[str] | None = None) -> int:
    """Write transactions as JSON, one a line."""
    parser = argparse.ArgumentParser(prog="python -m local.retail.stock", description=__doc__)
    parser.add_argument("--rows", type=int, default=200, help="rows that are inserted first (%(default)s)")
    parser.add_argument("--transactions", type=int, default=20, help="transactions after it (%(default)s)")
    parser.add_argument("--changes", type=int, default=50, help="changes of each of them (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is other stock (%(default)s)")
    given = parser.parse_args(arguments)
    stock = Stock(given.seed)
    first = stock.transaction(given.rows, only="insert")
    rest = (stock.transaction(given.changes) for _ in range(given.transactions))
    for statements in (first, *rest):
        sys.stdout.write(json.dumps([asdict(each) for each in statements]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
