"""`make local` cold (fresh state) and warm (again), phase by phase; the cold run is the warm run's peer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.results import section

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure and write the section."""
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "DP_LOCAL_STATE": str(Path(state) / "aws")}
        try:
            cold, warm = _seconds(environment), _seconds(environment)
        finally:
            stop = [sys.executable, "-m", "local", "stop", "--state-dir", environment["DP_LOCAL_STATE"]]
            subprocess.run(stop, check=False, cwd=ROOT, capture_output=True)
    total = sum(cold.values())
    rows = [[name, f"{cold[name] / total:.2f}", f"{warm.get(name, 0) / total:.2f}"] for name in cold]
    rows.append(["all", "1.00", f"{sum(warm.values()) / total:.2f}"])
    section(
        "make local",
        command="python -m benchmarks local",
        columns=["phase", "cold / cold total", "again / cold total"],
        rows=rows,
        note=f"Cold total: {total:.0f} s; again: {sum(warm.values()):.0f} s (set-up not counted).",
    )


def _seconds(environment: dict[str, str]) -> dict[str, float]:
    command = [sys.executable, "-m", "operations.laptop", "--json"]
    ended = subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    seconds: dict[str, float] = json.loads(ended.stdout)["seconds"]
    return seconds


if __name__ == "__main__":
    main()
