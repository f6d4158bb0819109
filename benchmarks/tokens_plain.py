"""The peer of the token benchmark: the same file, each value through one SHA-256, by DuckDB or by hashlib."""

from __future__ import annotations

import hashlib
import sys
import tempfile

MEMORY_LIMIT = "512MB"  # as the landing job's


def by_duckdb(path: str, output: str) -> None:
    """One SHA-256 a value, on whole vectors."""
    import duckdb

    database = duckdb.connect()
    database.execute(f"SET memory_limit = '{MEMORY_LIMIT}'; SET preserve_insertion_order = false")
    select = f"SELECT sha256(email) AS email FROM read_parquet('{path}')"
    database.execute(f"COPY ({select}) TO '{output}' (FORMAT parquet, COMPRESSION zstd)")


def by_pyarrow(path: str, output: str) -> None:
    """One SHA-256 a value, row by row: pyarrow hashes nothing itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("email", pa.string())])
    with pq.ParquetWriter(output, schema, compression="zstd") as writer:
        for batch in pq.ParquetFile(path).iter_batches(columns=["email"]):
            values = [hashlib.sha256(value.encode()).hexdigest() for value in batch.column(0).to_pylist()]
            writer.write_table(pa.table({"email": values}, schema=schema))


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        {"duckdb": by_duckdb, "pyarrow": by_pyarrow}[sys.argv[1]](sys.argv[2], file.name)
