"""Imports run downwards, configuration comes one way, and nothing stands where it breaks the build."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import constructs
import pytest

ROOT = Path(__file__).resolve().parents[2]
BELOW_THE_APP = ("environments", "stacks", "constructs/data_platform")


def sources(*folders):
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]


def test_import_linter_keeps_every_contract():
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )

    assert run.returncode == 0, run.stdout


def test_the_shelf_of_constructs_is_no_package():
    # A package here would shadow PyPI's constructs, and aws_cdk would not import.
    assert not (ROOT / "constructs" / "__init__.py").exists()
    assert "site-packages" in constructs.__file__


def test_no_file_is_a_symbolic_link():
    # An archive, a zip download or Windows turns one into a text file that holds its target.
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert [line for line in listed.stdout.splitlines() if line.startswith("120000")] == []


def test_there_is_no_package_under_tests():
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("path", sources(*BELOW_THE_APP), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_below_the_app_reads_the_process_or_the_context(path):
    forbidden = {"environ", "getenv", "try_get_context", "get_context", "from_lookup", "value_from_lookup"}
    used = {
        node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
    } & forbidden

    assert used == set()


def handlers(function):
    """What a function runs: its handler, or the command of its image."""
    return [function["Handler"]] if "Handler" in function else function["ImageConfig"]["Command"]


def test_every_lambda_folder_is_deployed(assembly, streaming_of):
    folders = {path.parent.name for path in (ROOT / "lambda").glob("*/handler.py")}
    # What loads streams is deployed where a contract has one and the environment a cluster.
    used = {
        handler.split(".")[0]
        for made in (assembly, streaming_of("express"))
        for function in made.of_type("AWS::Lambda::Function").values()
        for handler in handlers(function["Properties"])
    }

    assert folders <= used, f"nothing deploys {sorted(folders - used)}; use it or delete it"


def test_nothing_uses_a_default_security_group(assembly):
    users = [
        place for place, resource in assembly.resources.items() if "'DefaultSecurityGroup'" in str(resource)
    ]

    assert users == []


def test_no_stack_holds_a_helper_lambda_of_the_cdk(assembly):
    custom = [
        place
        for place, resource in assembly.resources.items()
        if resource["Type"].startswith("Custom::")
        or resource["Type"] == "AWS::CloudFormation::CustomResource"
    ]

    assert custom == []


def test_files_are_short_enough_to_read():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources(*BELOW_THE_APP)
        if (lines := len(path.read_text().splitlines())) > 300
    }

    assert long == {}
