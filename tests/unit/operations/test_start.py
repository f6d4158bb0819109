"""`dp` starts fast because a command imports what it needs when it runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "heavy", ["aws_cdk", "boto3", "botocore", "jsonschema", "yaml", "data_platform", "environments"]
)
def test_help_imports_nothing_heavy(heavy):
    code = (
        "import sys\nfrom operations.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"sys.exit({heavy!r} in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert ended.returncode == 0


def test_data_goes_to_standard_output_and_words_to_standard_error():
    command = [sys.executable, "-c", "from operations.cli import main; main()", "contract", "lint"]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert "aviation.flights" in ended.stdout
    assert "Next:" not in ended.stdout
    assert "Next:" in ended.stderr


def test_an_unknown_word_ends_2():
    command = [sys.executable, "-c", "from operations.cli import main; main()", "contrakt"]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 2
