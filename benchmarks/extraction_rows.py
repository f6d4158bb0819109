"""The rows of the extraction benchmark: `retail.orders` in a table of a real PostgreSQL."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import psycopg2
import pyarrow as pa
from pyarrow import csv

from local.retail.retailer import Retailer

if TYPE_CHECKING:
    from collections.abc import Iterator

_INDEX = "CREATE INDEX ON {name} (changed_at)"  # as the shop has it (operations/laptop/dialects/postgres.sql)
COLUMNS = "order_id, customer_id, ordered_at, updated_at, state, channel, status, total, contact_email"
_TABLE = """
CREATE TABLE {name} (
    order_id varchar(20) NOT NULL, customer_id varchar(20) NOT NULL, ordered_at timestamp NOT NULL,
    updated_at timestamp NOT NULL, state varchar(3) NOT NULL, channel varchar(20) NOT NULL,
    status varchar(20) NOT NULL, total numeric(12, 2) NOT NULL, contact_email varchar(254),
    changed_at timestamptz NOT NULL DEFAULT now()
)
"""


def load(host: str, name: str, rows: int) -> int:
    """Make a table with about so many orders; the number of rows.

    Args:
        host: Folder of the server's socket.
        name: Of the table.
        rows: Orders; some come twice, as placed and as paid.
    """
    retailer = Retailer(customers=max(1, rows // 10), orders=rows, seed=7, days=[dt.date(2026, 1, 5)])
    connection = psycopg2.connect(host=host, user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(_TABLE.format(name=name))
        text = _Text(part.table for part in retailer.deliveries() if part.dataset == "orders")
        cursor.copy_expert(f"COPY {name} ({COLUMNS}) FROM STDIN (FORMAT csv)", text, 1 << 20)
        cursor.execute(_INDEX.format(name=name))
        cursor.execute(f"VACUUM (FREEZE, ANALYZE) {name}")
        cursor.execute(f"SELECT count(*) FROM {name}")
        ((count,),) = cursor.fetchall()
    connection.close()
    return int(count)


class _Text:
    """Tables as a file of CSV."""

    def __init__(self, tables: Iterator[Any]) -> None:
        self._tables, self._rest = tables, b""

    def read(self, size: int) -> bytes:
        """The next bytes."""
        while not self._rest:
            table = next(self._tables, None)
            if table is None:
                return b""
            written = pa.BufferOutputStream()
            csv.write_csv(table.select(COLUMNS.split(", ")), written, csv.WriteOptions(include_header=False))
            self._rest = written.getvalue().to_pybytes()
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken
