"""The extractor's measure: the engine's own COPY, as text, to the null device; by psql if there is one."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from benchmarks.extraction_rows import COLUMNS


def main(table: str) -> None:
    """Copy the table."""
    host, sql = os.environ["BENCH_HOST"], f"COPY (SELECT {COLUMNS} FROM {table}) TO STDOUT"
    psql = shutil.which("psql")
    if psql:
        os.execv(psql, [psql, "-X", "-q", "-h", host, "-U", "postgres", "-c", sql])  # noqa: S606 - becomes psql
    import psycopg2

    connection = psycopg2.connect(host=host, user="postgres", dbname="postgres")
    with Path(os.devnull).open("wb") as nothing:
        connection.cursor().copy_expert(sql, nothing)


if __name__ == "__main__":
    main(sys.argv[1])
