"""What the benchmarks of synth measure can be synthesised: environments grow, and a benchmark runs seldom."""

from __future__ import annotations

import runpy
import sys


def test_the_app_of_the_benchmarks_is_synthesised_and_passes_the_guardrails(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["synth_app", "2", "--guardrails"])

    runpy.run_module("benchmarks.synth_app", run_name="__main__")
