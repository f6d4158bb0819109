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

from benchmarks.extraction_pairs import Meter, Pair, Run, cpu_times_copy, throughput_share, typical
from benchmarks.extraction_rows import COLUMNS, load
from benchmarks.results import section
from local.engines.postgres import Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".local" / "bench"
ROWS = int(os.environ.get("EXTRACTION_ROWS", "10000000"))
RUNS = int(os.environ.get("EXTRACTION_RUNS", "3"))
LEAST_SHARE, MOST_MEGABYTES = 0.8, 512
# The extension as a wheel belongs to one version of DuckDB.
PEER = ("duckdb==1.4.4", "duckdb-ext-postgres==1.4.4.20260205")
PEER_NAME = "DuckDB 1.4.4's PostgreSQL scanner, Parquet (no tokens)"
COPY_NAME = "COPY TO STDOUT to the null device (peer)"
TOKENS = "extractor, Parquet with tokens"


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
            _measure(server, sink, _port(Path(folder) / "port"))
        finally:
            sink.terminate()
            server.stop()


def _measure(server: Server, sink: subprocess.Popen[bytes], port: int) -> None:
    host = str(server.socket.parent)
    rows = {size: load(host, f"orders_{size}", size) for size in (ROWS // 10, ROWS)}
    few, many = rows
    meter = Meter(
        server.pid or 0,
        sink.pid,
        cwd=ROOT,
        environment={
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "BENCH_HOST": host,
            "POLARS_MAX_THREADS": "1",
        },
    )
    commands = {
        TOKENS: (many, _ours(many, "tokens")),
        "extractor, Parquet without tokens": (many, _ours(many, "plain")),
        f"extractor with tokens, {rows[few]:,} rows": (few, _ours(few, "tokens")),
        **_peer(many),
    }
    found: dict[str, list[Pair]] = {name: [] for name in commands}
    loads = [os.getloadavg()[0]]
    for _ in range(RUNS):
        for name, (size, command) in commands.items():
            found[name].append(meter.pair(_copy(size), command))
            loads.append(os.getloadavg()[0])
    _write(found, {name: rows[size] for name, (size, _) in commands.items()}, loads)


def _write(found: Mapping[str, Sequence[Pair]], rows: Mapping[str, int], loads: Sequence[float]) -> None:
    copies = [pair.copy for name, pairs in found.items() if rows[name] == rows[TOKENS] for pair in pairs]
    table = [[COPY_NAME, "1.00", "1.00", *_figures(typical(copies), rows[TOKENS])]]
    for name, pairs in found.items():
        shares = [f"{throughput_share(pairs):.2f}", f"{cpu_times_copy(pairs):.2f}"]
        table.append([name, *shares, *_figures(typical([pair.run for pair in pairs]), rows[name])])
    share = throughput_share(found[TOKENS])
    memory = max(
        pair.run.megabytes for name, pairs in found.items() if name.startswith("extractor") for pair in pairs
    )
    section(
        "Extraction",
        command="python -m benchmarks extraction",
        columns=[
            "what",
            "throughput / COPY",
            "CPU / COPY",
            "million rows a second",
            "seconds",
            "CPU s, PostgreSQL",
            "CPU s, reader and sink",
            "peak MB, all processes",
        ],
        rows=table,
        note=(
            f"{rows[TOKENS]:,} rows of retail.orders ({COLUMNS.count(',') + 1} columns); PostgreSQL, and a sink in "
            f"the place of S3, on the same cores, whose load was {min(loads):.1f} to {max(loads):.1f}; "
            f"{RUNS} whole processes each, by turns, each right after a COPY of the same rows: shares are the "
            "medians of these pairs, the rest is of the median run. Through the server's Unix socket; the table has "
            "the shop's own index on the watermark. "
            f"Aim: {LEAST_SHARE} of COPY ({_kept(share >= LEAST_SHARE)}), at most {MOST_MEGABYTES} MB "
            f"({_kept(memory <= MOST_MEGABYTES)})."
        ),
    )


def _figures(run: Run, rows: int) -> list[str]:
    return [
        f"{rows / run.seconds / 1e6:.2f}",
        f"{run.seconds:.1f}",
        f"{run.server:.1f}",
        f"{run.reader + run.sink:.1f}",
        f"{run.megabytes:.0f}",
    ]


def _kept(held: bool) -> str:  # noqa: FBT001 - a word for it
    return "kept" if held else "missed"


def _copy(rows: int) -> list[str]:
    return [sys.executable, "-m", "benchmarks.extraction_copy", f"orders_{rows}"]


def _ours(rows: int, masking: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.extraction_ours", f"orders_{rows}", masking]


def _peer(rows: int) -> dict[str, tuple[int, list[str]]]:
    """The peer's command; none where its wheels cannot be had."""
    venv = PLACE / "duckdb-postgres"
    python = venv / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    installed = subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *PEER], check=False)
    if installed.returncode:
        return {}
    command = [str(python), str(ROOT / "benchmarks" / "extraction_duckdb.py"), f"orders_{rows}"]
    return {PEER_NAME: (rows, command)}


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
