"""The extractor against the engine itself: `COPY ... TO STDOUT` to the null device, on the same rows in the same run.

The rows are `retail.orders` of `local.retail`, in a real PostgreSQL. Ours writes Parquet to an S3 that keeps nothing
(`extraction_sink`), with contact_email as tokens and, to tell what they cost, without. The peer is DuckDB's PostgreSQL
scanner writing the same Parquet to the null device, in a venv of its own: it is no dependency of the platform.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.extraction_rows import COLUMNS, load
from benchmarks.process_tree import measure_tree
from benchmarks.results import section
from benchmarks.whole_process import Measured, median
from local.engines.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".local" / "bench"
ROWS = int(os.environ.get("EXTRACTION_ROWS", "10000000"))
RUNS = int(os.environ.get("EXTRACTION_RUNS", "3"))
LEAST_SHARE, MOST_MEGABYTES = 0.8, 512
# The extension as a wheel belongs to one version of DuckDB.
PEER = ("duckdb==1.4.4", "duckdb-ext-postgres==1.4.4.20260205")
PEER_NAME = "DuckDB 1.4.4's PostgreSQL scanner, Parquet (no tokens)"
COPY_NAME = "COPY TO STDOUT to the null device (peer)"


def main() -> None:
    """Measure the sides and write the section."""
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "shop", parameters={"shared_buffers": "512MB", "fsync": "off"})
        server.start()
        sink = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.extraction_sink", f"{folder}/port"], cwd=ROOT
        )
        try:
            _measure(server, f"http://127.0.0.1:{_port(Path(folder) / 'port')}")
        finally:
            sink.terminate()
            server.stop()


def _measure(server: Server, sink: str) -> None:
    host = str(server.socket.parent)
    rows = {size: load(host, f"orders_{size}", size) for size in (ROWS // 10, ROWS)}
    few, many = rows
    environment = {"AWS_ENDPOINT_URL": sink, "BENCH_HOST": host, "POLARS_MAX_THREADS": "1"}
    commands = {
        COPY_NAME: [sys.executable, "-m", "benchmarks.extraction_copy", f"orders_{many}"],
        "extractor, Parquet with tokens": _ours(many, "tokens"),
        "extractor, Parquet without tokens": _ours(many, "plain"),
        f"extractor with tokens, {few:,} rows": _ours(few, "tokens"),
        **_peer(many),
    }
    found: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            found[name].append(measure_tree(command, cwd=ROOT, environment=environment))
    _write({name: median(runs) for name, runs in found.items()}, rows, few, many)


def _write(runs: Mapping[str, Measured], rows: Mapping[int, int], few: int, many: int) -> None:
    copy = runs[COPY_NAME]
    table = []
    for name, run in runs.items():
        count = rows[few] if f"{few:,}" in name else rows[many]
        share = (count / run.seconds) / (rows[many] / copy.seconds)
        speed = count / run.seconds / 1e6
        table.append([name, f"{share:.2f}", f"{speed:.2f}", f"{run.seconds:.1f}", f"{run.megabytes:.0f}"])
    share = copy.seconds / runs["extractor, Parquet with tokens"].seconds
    memory = max(run.megabytes for name, run in runs.items() if name.startswith("extractor"))
    section(
        "Extraction",
        command="python -m benchmarks extraction",
        columns=["what", "throughput / COPY", "million rows a second", "seconds", "peak MB, all processes"],
        rows=table,
        note=(
            f"{rows[many]:,} rows of retail.orders ({COLUMNS.count(',') + 1} columns); PostgreSQL, and a sink in the "
            f"place of S3, on the same cores; median of {RUNS} whole processes, by turns, through the server's Unix "
            f"socket. Aim: {LEAST_SHARE} of COPY ({_kept(share >= LEAST_SHARE)}), at most {MOST_MEGABYTES} MB "
            f"({_kept(memory <= MOST_MEGABYTES)})."
        ),
    )


def _kept(held: bool) -> str:  # noqa: FBT001 - a word for it
    return "kept" if held else "missed"


def _ours(rows: int, masking: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.extraction_ours", f"orders_{rows}", masking]


def _peer(rows: int) -> dict[str, list[str]]:
    """The peer's command; none where its wheels cannot be had."""
    venv = PLACE / "duckdb-postgres"
    python = venv / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    installed = subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *PEER], check=False)
    if installed.returncode:
        return {}
    return {PEER_NAME: [str(python), str(ROOT / "benchmarks" / "extraction_duckdb.py"), f"orders_{rows}"]}


def _port(file: Path) -> int:
    for _ in _patiently():
        if file.exists():
            return int(file.read_text())
    raise RuntimeError("the sink did not start")


def _patiently() -> Iterator[None]:
    for _ in range(200):
        yield
        time.sleep(0.05)


if __name__ == "__main__":
    main()
