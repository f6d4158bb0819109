"""Tokens: 10 million values in one pass of the landing job, against plain hashing of the same file in the same run.

Whole processes that start cold, read one Parquet file of texts and write one; each side alone and by turns.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

from benchmarks.results import section
from benchmarks.whole_process import Measured, measure, median

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".local" / "bench"
ROWS = 10_000_000
RUNS = 3
_GENERATE = """
COPY (SELECT 'user' || hash(i) % 20000000 || '@example.com' AS email FROM range({rows}) AS r(i))
TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 200000)
"""


def main() -> None:
    """Measure the sides and write the section."""
    data = _data()
    commands = {
        "plain SHA-256, DuckDB (peer)": ["-m", "benchmarks.tokens_plain", "duckdb", str(data)],
        "plain SHA-256, pyarrow and hashlib": ["-m", "benchmarks.tokens_plain", "pyarrow", str(data)],
        "landing job: tokens (keyed HMAC-SHA-256)": ["-m", "benchmarks.tokens_ours", str(data), str(ROWS)],
    }
    runs: dict[str, list[Measured]] = {what: [] for what in commands}
    for _ in range(RUNS):
        for what, command in commands.items():
            runs[what].append(measure([sys.executable, *command], cwd=ROOT))
    found = {what: median(measured) for what, measured in runs.items()}
    peer = next(iter(found.values()))
    section(
        "Tokens",
        command="python -m benchmarks tokens",
        columns=["what", "time / peer", "memory / peer", "million values a second", "peak MB"],
        rows=[_row(what, run, peer) for what, run in found.items()],
        note=(
            f"{ROWS:,} texts, one Parquet file read and one written, median of {RUNS} whole processes, by turns. An "
            "HMAC of a short text is four blocks of SHA-256 where a plain hash is one: 4 is the bound without "
            "keeping the key's state between values, which DuckDB cannot. The batch is what fits into "
            "512 MB, however many values there are."
        ),
    )


def _row(what: str, run: Measured, peer: Measured) -> list[str]:
    speed = ROWS / 1e6 / run.seconds
    time, memory = run.seconds / peer.seconds, run.megabytes / peer.megabytes
    return [what, f"{time:.2f}", f"{memory:.2f}", f"{speed:.2f}", f"{run.megabytes:.0f}"]


def _data() -> Path:
    path = PLACE / f"emails-{ROWS}.parquet"
    if not path.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        duckdb.execute(_GENERATE.format(rows=ROWS, path=fresh))
        fresh.replace(path)
    return path


if __name__ == "__main__":
    main()
