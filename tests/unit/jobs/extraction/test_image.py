"""The extractor's image holds what the job imports, pinned with hashes."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from tests.unit.jobs.extraction.shop import ROOT

IMAGE = ROOT / "jobs" / "images" / "extractor"
_PACKAGES = {"yaml": "PyYAML", "pymysql": "PyMySQL", "polars_hash": "polars-hash"}
_FOLDERS = (
    ROOT / "jobs" / "extraction",
    ROOT / "jobs" / "masking",
    ROOT / "jobs" / "raw",
    ROOT / "constructs" / "data_platform" / "contracts",
)


def _imported():
    for folder in _FOLDERS:
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    yield from (one.name.partition(".")[0] for one in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield (node.module or "").partition(".")[0]


def test_every_import_is_pinned():
    pinned = set(
        re.findall(r"^([\w-]+)(?:\[\w+\])?==", (IMAGE / "requirements.txt").read_text(), re.MULTILINE)
    )
    own = {"jobs", "data_platform", "__future__", "typing_extensions"}  # the last for type checkers alone
    others = set(_imported()) - set(sys.stdlib_module_names) - own

    assert {_PACKAGES.get(name, name) for name in others} <= pinned


@pytest.mark.parametrize("name", ["requirements.txt", "requirements.lock"])
def test_no_registry_is_named(name):
    assert "://" not in (IMAGE / name).read_text()


def test_every_package_of_the_lock_has_hashes():
    lock = (IMAGE / "requirements.lock").read_text()

    for entry in re.split(r"\n(?=[a-z])", lock)[1:]:
        assert "--hash=sha256:" in entry


def test_the_image_runs_as_no_root_from_the_lock_alone():
    dockerfile = (IMAGE / "Dockerfile").read_text()

    assert "--require-hashes --only-binary :all:" in dockerfile
    assert "USER 10001" in dockerfile
