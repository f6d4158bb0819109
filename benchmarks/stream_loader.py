"""The streams' loader: CPU of one core from event to Parquet, against a bare fastavro loop over the same values.

Whole processes, each side by turns; what a network would add is left out on both sides.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.results import section

ROOT = Path(__file__).resolve().parents[1]
COUNTS = (100_000, 500_000, 2_000_000)
RUNS = 3
SIDES = ("ours", "fastavro")


def main() -> None:
    """Measure the sides and write the section."""
    found = {count: _measured(count) for count in COUNTS}
    least = found[COUNTS[0]]["ours"]["seconds"] / COUNTS[0]
    section(
        "Streams' loader",
        command="python -m benchmarks stream",
        columns=[
            "records",
            "speed / fastavro alone",
            "loader: µs a record",
            "fastavro alone: µs a record",
            f"µs a record / at {COUNTS[0]:,}",
            "loader: peak MB",
        ],
        rows=[_row(count, sides, least) for count, sides in found.items()],
        note=(
            f"CPU seconds of one core, median of {RUNS} whole processes by turns. Loader: base64, headers, keys, Glue's"
            " frame, Avro, twelve columns to the contract's types, six rules, Parquet with zstd, in batches of 10,000. "
            "Peer: `fastavro.schemaless_reader` on the same values without their frames, keeping nothing; it is the "
            "bound of a consumer that goes through fastavro record by record. The loader reads flat records a field at "
            "a time and needs fastavro for the others and for broken ones. Memory is that of a batch and the libraries,"
            " however many records there are."
        ),
    )


def _measured(count: int) -> dict[str, dict[str, float]]:
    """Each side's run with the median time."""
    runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
    for _ in range(RUNS):
        for side in SIDES:
            command = [sys.executable, "-m", "benchmarks.stream_loader_sides", side, str(count)]
            ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
            runs[side].append(json.loads(ended.stdout))
    return {
        side: sorted(measured, key=lambda run: run["seconds"])[RUNS // 2] for side, measured in runs.items()
    }


def _row(count: int, sides: dict[str, dict[str, float]], least: float) -> list[str]:
    ours, peer = (sides[side]["seconds"] / count * 1e6 for side in SIDES)
    growth = ours / 1e6 / least
    return [
        f"{count:,}",
        f"{peer / ours:.2f}",
        f"{ours:.1f}",
        f"{peer:.1f}",
        f"{growth:.2f}",
        f"{sides['ours']['megabytes']:.0f}",
    ]


if __name__ == "__main__":
    main()
