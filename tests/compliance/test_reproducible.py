"""The same source gives the same bytes, in another process, with another hash seed, in another folder."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def second_synth(tmp_path_factory):
    outdir = tmp_path_factory.mktemp("second")
    environment = {**os.environ, "CDK_OUTDIR": str(outdir), "CDK_VALIDATION": "false", "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, str(ROOT / "app.py")], check=True, env=environment, cwd=outdir, timeout=300
    )
    return outdir


def test_two_synths_are_byte_equal(assembly, second_synth):
    first = assembly.directory / f"assembly-{assembly.environment}"
    second = second_synth / f"assembly-{assembly.environment}"
    names = sorted(
        path.name for path in first.glob("*.json") if path.name.endswith((".template.json", ".assets.json"))
    )
    _, different, unreadable = filecmp.cmpfiles(first, second, names, shallow=False)

    assert names
    assert different + unreadable == []


def test_an_environment_that_does_not_exist_is_refused_with_those_that_do(tmp_path):
    context = '{"environment": "prd"}'
    run = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env={**os.environ, "CDK_CONTEXT_JSON": context, "CDK_OUTDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert run.returncode == 1
    assert "dev, staging, prod, local" in run.stderr
    assert "Traceback" not in run.stderr
