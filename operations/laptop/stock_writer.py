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
        Exception: one of `database.dialect.failures`, when the database refuses or goes away: nobody knows then
            whether it was committed.
    """
    changed = 0
    with database.transaction() as open_:
        for each in statements:
            done = open_.execute(database.dialect.stock[each["operation"]], [json.dumps(each["rows"])])
            changed += int(done.rowcount)
    return changed
