"""A writer of transactions that goes on whatever dies under it, until the time is over, all is written and all went wrong."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local.retail.stock import Stock
from operations.exit_codes import CommandFailed
from operations.laptop import stock_writer

if TYPE_CHECKING:
    from streaming_platform import StreamingPlatform

    from operations.laptop.shop_database import ShopDatabase

_TRANSACTIONS_A_SECOND = 4
_LARGEST = 5_000  # changes of a transaction
_EVERY_ROLLED_BACK = 10
_DOWN = (CommandFailed, OSError, ClientError, BotoCoreError, ValueError)


class Undone(Exception):
    """Raised to roll a transaction back."""


class Writer(threading.Thread):
    """Writes into the shop's stock over the tunnel, and opens the tunnel again when it falls.

    Args:
        platform: The platform.
        seconds: How long at the least, from when it first has the database.
        changes: Changes at the least; after an interruption transactions are larger, to be in time.
        seed: Other stock.
    """

    def __init__(self, platform: StreamingPlatform, *, seconds: float, changes: int, seed: int) -> None:
        super().__init__(name="writer", daemon=True)
        self._platform, self._seconds, self._ends = platform, seconds, math.inf
        self._wanted = changes
        self._stock = Stock(seed)
        self.changes, self.transactions, self.interruptions = 0, 0, 0
        self.stopped: list[str] = []
        self.seen_all = threading.Event()  # set by whoever lets things go wrong, when all has once

    def run(self) -> None:
        """Write as long as there is more to write."""
        while self.goes_on():
            try:
                with self._platform.database() as database:
                    self._ends = min(self._ends, time.monotonic() + self._seconds)
                    self._write(database)
            except (*_DOWN, *self._platform.dialect.failures) as error:
                self.interruptions += 1
                self.stopped.append(f"{type(error).__name__}: {str(error)[:200]}")
                time.sleep(0.5)

    def goes_on(self) -> bool:
        """Whether the time is not over, or not all is written, or not all went wrong."""
        over = time.monotonic() >= self._ends and self.changes >= self._wanted
        return not over or not self.seen_all.is_set()

    def _size(self) -> int:
        """Changes of the next transaction, at a pace that ends in time."""
        left = max(1.0, (self._ends - time.monotonic()) * _TRANSACTIONS_A_SECOND)
        return min(_LARGEST, max(1, math.ceil((self._wanted - self.changes) / left)))

    def _write(self, database: ShopDatabase) -> None:
        while self.goes_on():
            began = time.monotonic()
            statements = [asdict(each) for each in self._stock.transaction(self._size())]
            self.changes += stock_writer.write(database, statements)
            self.transactions += 1
            if self.transactions % _EVERY_ROLLED_BACK == 0:
                with contextlib.suppress(Undone), database.transaction() as open_:
                    open_.execute(f"DELETE FROM {self._platform.table}")
                    raise Undone
            time.sleep(max(0.0, began + 1 / _TRANSACTIONS_A_SECOND - time.monotonic()))
