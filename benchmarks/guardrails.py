"""The guardrails on the synth of one environment, each as a whole process, with and without them."""

from __future__ import annotations

import sys

from benchmarks.results import section
from benchmarks.synth_app import ROOT
from benchmarks.whole_process import Measured, measure, median

DATASETS, RUNS = 50, 3


def main() -> None:
    """Measure and write the section."""
    without, guarded = [], []
    for _ in range(RUNS):
        without.append(_synth())
        guarded.append(_synth("--guardrails"))
    peer, ours = median(without), median(guarded)
    section(
        "Guardrails",
        command="python -m benchmarks guardrails",
        columns=["what", "time / peer", "memory / peer", "seconds"],
        rows=[
            [f"synth of {DATASETS} datasets (peer)", "1.00", "1.00", f"{peer.seconds:.1f}"],
            [
                "the same, judged by the guardrails",
                f"{ours.seconds / peer.seconds:.2f}",
                f"{ours.megabytes / peer.megabytes:.2f}",
                f"{ours.seconds:.1f}",
            ],
        ],
        note=f"Median of {RUNS} whole processes, by turns; no other gate is on. Aim: at most a tenth more.",
    )


def _synth(*options: str) -> Measured:
    return measure([sys.executable, "-m", "benchmarks.synth_app", str(DATASETS), *options], cwd=ROOT)


if __name__ == "__main__":
    main()
