"""The venv is made from the quickest build of the Python that is there, and from the one that was asked for otherwise."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from local import quickest_python
from local.quickest_python import quickest

BUILD = [3, 11, "x86_64", ""]


@pytest.fixture
def interpreter(tmp_path):
    """Makes an interpreter that answers what it is asked, or fails."""

    def made(name, *, seconds=0.01, build=BUILD, home=None, fails=False):
        path = tmp_path / name
        told = {"executable": str(path), "home": home or name, "build": build, "seconds": seconds}
        path.write_text(f"#!/bin/sh\necho '{json.dumps(told)}'\nexit {int(fails)}\n")
        path.chmod(0o755)
        return str(path)

    return made


def test_a_clearly_quicker_build_of_the_same_version_is_taken(interpreter):
    asked, other = interpreter("asked", seconds=0.016), interpreter("other", seconds=0.010)

    assert quickest(asked, [other]) == other


def test_the_quickest_of_several_is_taken(interpreter):
    asked = interpreter("asked", seconds=0.03)
    others = [interpreter("slow", seconds=0.02), interpreter("quick", seconds=0.01)]

    assert quickest(asked, others) == others[1]


def test_a_build_that_is_hardly_quicker_is_not_taken(interpreter):
    asked, other = interpreter("asked", seconds=0.011), interpreter("other", seconds=0.010)

    assert quickest(asked, [other]) == asked


@pytest.mark.parametrize(
    "other",
    [
        {"build": [3, 12, "x86_64", ""]},
        {"build": [3, 11, "aarch64", ""]},
        {"build": [3, 11, "x86_64", "d"]},
        {"home": "asked"},
        {"fails": True},
    ],
    ids=["another version", "another machine", "a debug build", "the same one by another name", "broken"],
)
def test_what_could_not_stand_in_is_left_out(interpreter, other):
    asked = interpreter("asked", seconds=0.03)

    assert quickest(asked, [interpreter("other", seconds=0.01, **other)]) == asked


def test_one_that_cannot_be_asked_itself_is_taken_as_it_is(interpreter):
    asked = interpreter("asked", fails=True)

    assert quickest(asked, [interpreter("other")]) == asked


def test_it_runs_by_its_path_and_names_an_interpreter_of_its_own_version():
    told = subprocess.run(
        [sys.executable, "-I", quickest_python.__file__], capture_output=True, text=True, check=True
    )
    version = subprocess.run(
        [told.stdout.strip(), "-c", "import sys; print(*sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert version.stdout.split() == [str(part) for part in sys.version_info[:2]]
    assert ("PYTHON=python3 takes yours" in told.stderr) is (told.stdout.strip() != sys.executable)
