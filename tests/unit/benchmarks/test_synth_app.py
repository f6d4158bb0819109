"""What the benchmarks of synth measure can be synthesised: environments grow, and a benchmark runs seldom."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_app_of_the_benchmarks_is_synthesised_and_passes_the_guardrails():
    command = [sys.executable, "-m", "benchmarks.synth_app", "2", "--guardrails"]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr[-2000:]
