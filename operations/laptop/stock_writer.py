"""Transactions of the retailer's stock, as SQL on the shop's database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed
from operations.laptop.shop import REPOSITORY_ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from operations.laptop.shop_database import ShopDatabase

TABLE = "public.stock_levels"
_VALUES = ("quantity", "reorder_point", "unit_cost", "counted_at", "note")
_ROWS = f"jsonb_populate_recordset(NULL::{TABLE}, %s::jsonb) AS r"
_SET = ", ".join(f"{name} = r.{name}" for name in _VALUES)
_SAME = "t.sku = r.sku AND t.location = r.location"
# Each says what it does also where a row is there already, or gone: of a transaction whose end nobody heard it is
# not known whether it was committed.
_STATEMENTS = {
    "insert": (
        f"INSERT INTO {TABLE} AS t (sku, location, {', '.join(_VALUES)})"
        f" SELECT r.sku, r.location, {', '.join(f'r.{name}' for name in _VALUES)} FROM {_ROWS}"
        f" ON CONFLICT (sku, location) DO UPDATE SET changed_at = now(), "
        + ", ".join(f"{name} = excluded.{name}" for name in _VALUES)
    ),
    "update": f"UPDATE {TABLE} AS t SET {_SET}, changed_at = now() FROM {_ROWS} WHERE {_SAME}",
    "delete": f"DELETE FROM {TABLE} AS t USING {_ROWS} WHERE {_SAME}",
    "move": (
        f"UPDATE {TABLE} AS t SET sku = r.new_sku, location = r.new_location, changed_at = now()"
        " FROM jsonb_to_recordset(%s::jsonb) AS r(sku text, location text, new_sku text, new_location text)"
        f" WHERE {_SAME} AND NOT EXISTS"
        f" (SELECT FROM {TABLE} AS o WHERE o.sku = r.new_sku AND o.location = r.new_location)"
    ),
}


def made(*, rows: int, transactions: int, changes: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    """The transactions that the generator makes of a seed.

    Args:
        rows: Rows that the first transaction inserts.
        transactions: Transactions after it.
        changes: Changes of each of them.
        seed: Another seed is other stock.

    Raises:
        CommandFailed: with the generator's own reason.
    """
    command = [sys.executable, "-m", "local.retail.stock", "--rows", str(rows), "--seed", str(seed)]
    command += ["--transactions", str(transactions), "--changes", str(changes)]
    ended = subprocess.run(command, cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise CommandFailed(f"the retailer has no stock: {ended.stderr.strip()}")
    for line in ended.stdout.splitlines():
        yield json.loads(line)


def write(database: ShopDatabase, statements: Iterable[Mapping[str, Any]]) -> int:
    """Write one transaction.

    Args:
        database: The database behind an open tunnel.
        statements: Its statements in order, as `local.retail.stock` describes them.

    Returns:
        The rows that it changed, a row as often as it was changed.

    Raises:
        psycopg.Error: when the database refuses, or goes away: nobody knows then whether it was committed.
    """
    changed = 0
    with database.transaction() as open_:
        for each in statements:
            done = open_.execute(_STATEMENTS[each["operation"]], [json.dumps(each["rows"])])
            changed += int(done.rowcount)
    return changed
