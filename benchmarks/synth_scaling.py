"""Synth: fixed cost, and cost per dataset at 2, 50 and 200 datasets, each as a whole process.

The peer is an empty CDK stack in the same run, so figures are ratios that hold on any machine.
"""

from __future__ import annotations

import sys

from benchmarks.results import section
from benchmarks.synth_app import ROOT
from benchmarks.whole_process import Measured, measure, median

SIZES = (2, 50, 200)
RUNS = 3


def main() -> None:
    """Measure and write the section."""
    peer = _synth(0)
    sizes = {size: _synth(size) for size in SIZES}
    per_dataset = {
        size: (run.seconds - sizes[SIZES[0]].seconds) / (size - SIZES[0])
        for size, run in sizes.items()
        if size != SIZES[0]
    }
    rows = [["empty CDK stack (peer)", "1.00", "1.00", ""]]
    for size, run in sizes.items():
        growth = f"{per_dataset[size] / peer.seconds:.4f}" if size in per_dataset else "(base)"
        rows.append(
            [
                f"{size} datasets",
                f"{run.seconds / peer.seconds:.2f}",
                f"{run.megabytes / peer.megabytes:.2f}",
                growth,
            ]
        )
    ratio = per_dataset[SIZES[-1]] / per_dataset[SIZES[1]]
    section(
        "Synth of one environment",
        command="python -m benchmarks synth",
        columns=["what", "time / peer", "memory / peer", "time per added dataset / peer"],
        rows=rows,
        note=(
            f"Peer: {peer.seconds:.1f} s, {peer.megabytes:.0f} MB. "
            "Memory is the peak of the largest process (Python, or jsii's Node). "
            f"Growth: a dataset at {SIZES[-1]} costs {ratio:.2f} times a dataset at {SIZES[1]} (1.00 is linear)."
        ),
    )


def _synth(datasets: int) -> Measured:
    command = [sys.executable, "-m", "benchmarks.synth_app", str(datasets)]
    runs = RUNS if datasets <= SIZES[0] else 1
    return median([measure(command, cwd=ROOT) for _ in range(runs)])


if __name__ == "__main__":
    main()
