"""The peer: DuckDB's PostgreSQL scanner, which reads by blocks in parallel, too, and writes the same Parquet."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

COLUMNS = "order_id, customer_id, ordered_at, updated_at, state, channel, status, total, contact_email"
MEMORY_LIMIT = "512MB"  # as ours


def main(table: str) -> None:
    """Copy the table into a file that nobody keeps."""
    (extension,) = (
        Path(duckdb.__file__).parents[1].glob("duckdb_ext/extensions/*/*/postgres_scanner.duckdb_extension")
    )
    database = duckdb.connect()
    database.execute(f"LOAD '{extension}'; SET memory_limit = '{MEMORY_LIMIT}'")
    database.execute("SET preserve_insertion_order = false")
    database.execute(
        f"ATTACH 'host={os.environ['BENCH_HOST']} user=postgres dbname=postgres' AS shop (TYPE postgres, READ_ONLY)"
    )
    how = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 800000"
    database.execute(f"COPY (SELECT {COLUMNS} FROM shop.public.{table}) TO '/dev/null' ({how})")


if __name__ == "__main__":
    main(sys.argv[1])
