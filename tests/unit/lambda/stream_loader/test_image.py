"""The loader's image holds what the function imports, pinned with hashes, in the versions that the tests run with."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
IMAGE = ROOT / "jobs" / "images" / "stream-loader"
FOLDERS = (ROOT / "lambda" / "stream_loader", ROOT / "jobs" / "masking", ROOT / "jobs" / "raw")
PACKAGES = {
    "aws_lambda_powertools": "aws-lambda-powertools",
    "aws_msk_iam_sasl_signer": "aws-msk-iam-sasl-signer-python",
    "confluent_kafka": "confluent-kafka",
    "google": "protobuf",
    "grpc_tools": "grpcio-tools",
    "polars_hash": "polars-hash",
}
OWN = {"stream_loader", "jobs", "data_platform", "__future__"}


def _imported(folders):
    for folder in folders:
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    yield from (one.name.partition(".")[0] for one in node.names)
                elif isinstance(node, ast.ImportFrom):
                    yield (node.module or "").partition(".")[0]


def _pinned(file):
    return dict(re.findall(r"^([\w-]+)(?:\[\w+\])?==([\w.]+)", file.read_text(), re.MULTILINE))


def test_every_import_is_pinned():
    others = set(_imported(FOLDERS)) - set(sys.stdlib_module_names) - OWN

    assert {PACKAGES.get(name, name) for name in others} <= set(_pinned(IMAGE / "requirements.txt"))


def test_the_loader_itself_imports_nothing_of_the_platform():
    assert "data_platform" not in set(_imported(FOLDERS[:1]))


def test_versions_are_those_that_the_tests_run_with():
    for name, pinned in _pinned(IMAGE / "requirements.txt").items():
        assert version(name) == pinned, name


@pytest.mark.parametrize("name", ["requirements.txt", "requirements.lock"])
def test_no_registry_is_named(name):
    assert "://" not in (IMAGE / name).read_text()


def test_every_package_of_the_lock_has_hashes():
    for entry in re.split(r"\n(?=[a-z])", (IMAGE / "requirements.lock").read_text())[1:]:
        assert "--hash=sha256:" in entry


def test_the_image_is_made_of_the_lock_alone_and_runs_the_handler():
    dockerfile = (IMAGE / "Dockerfile").read_text()

    assert "--require-hashes --only-binary :all:" in dockerfile
    assert 'CMD ["stream_loader.handler.handle"]' in dockerfile


def test_files_are_short_enough_to_read():
    long = [
        path.name
        for folder in FOLDERS
        for path in folder.rglob("*.py")
        if len(path.read_text().splitlines()) > 300
    ]

    assert long == []
