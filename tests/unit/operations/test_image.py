"""Images on a laptop: the embedded ECS finds each, and the extractor's runs from its own files alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.services import images
from operations.laptop import image

ROOT = Path(__file__).resolve().parents[3]
CONTRACTS = ROOT / "domains"


@pytest.fixture
def state(tmp_path, monkeypatch):
    """Folder of an embedded AWS in which both images are laid out."""
    image.build(prefix="dp-local", contracts=CONTRACTS, state=tmp_path)
    monkeypatch.setenv(images.ENVIRONMENT_VARIABLE, str(tmp_path / "images.json"))
    return tmp_path


def run(found, *arguments, cwd=None):
    """The image's process, with the image's variables and no other."""
    line = found.command_line(None, list(arguments))
    return subprocess.run(
        line, cwd=cwd or found.workdir, env=found.env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["dbt", "extractor", "stream-loader"])
def test_one_call_lays_out_every_image(state, name):
    found = images.find(f"1.dkr.ecr.ap-southeast-2.amazonaws.com/dp-local/{name}:0.1.0")

    assert found.workdir == str(state / "images" / "dp-local" / name)


def test_the_extractor_starts_with_the_images_variables_alone(state):
    ended = run(images.find("dp-local/extractor:0.1.0"), "--help")

    assert ended.returncode == 0, ended.stderr
    assert "--extraction" in ended.stdout


def test_the_extractor_runs_the_images_files_and_not_the_work_trees(state):
    found = images.find("dp-local/extractor:0.1.0")
    script = (
        "import jobs.extraction as job, data_platform.contracts as terms; print(job.__file__, terms.__file__)"
    )

    told = subprocess.run(
        [found.python, "-c", script],
        cwd=found.workdir,
        env=found.env,
        capture_output=True,
        text=True,
        check=True,
    )

    assert all(Path(each).is_relative_to(found.workdir) for each in told.stdout.split())


def test_the_loader_of_streams_finds_all_that_it_imports_among_the_images_files(state):
    entry = json.loads((state / "images.json").read_text())["dp-local/stream-loader"]
    script = (
        "import stream_loader.handler as own, jobs.masking as masking, data_platform.contracts as terms; "
        "print(own.__file__, masking.__file__, terms.__file__)"
    )

    told = subprocess.run(
        [sys.executable, "-c", script],  # the project's own lock holds all that the image's does
        cwd=entry["workdir"],
        env=entry["env"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert all(Path(each).is_relative_to(entry["workdir"]) for each in told.stdout.split())


def test_the_loaders_environment_is_the_lock_that_its_image_is_built_from(state):
    entry = json.loads((state / "images.json").read_text())["dp-local/stream-loader"]
    dockerfile = (ROOT / "jobs" / "images" / "stream-loader" / "Dockerfile").read_text()

    assert str(Path(entry["requirements"]).relative_to(ROOT)) in dockerfile
    assert f'CMD ["{entry["command"][0]}"]' in dockerfile


@pytest.mark.parametrize("name", ["extractor", "stream-loader"])
def test_the_jobs_among_an_images_files_are_those_that_its_dockerfile_copies(state, name):
    dockerfile = (ROOT / "jobs" / "images" / name / "Dockerfile").read_text()
    laid_out = {f"jobs/{each.name}" for each in (state / "images" / "dp-local" / name / "jobs").iterdir()}

    assert set(re.findall(r"^COPY (jobs/\w+) ", dockerfile, re.MULTILINE)) == laid_out


def test_a_second_build_leaves_nothing_of_the_first(state):
    left = state / "images" / "dp-local" / "extractor" / "jobs" / "extraction" / "gone.py"
    left.write_text("")

    image.build(prefix="dp-local", contracts=CONTRACTS, state=state)

    assert not left.exists()
    assert not list((state / "images" / "dp-local").glob("*.new"))


def test_images_of_another_environment_stay_registered(state):
    image.build(prefix="dp-other", contracts=CONTRACTS, state=state)

    assert set(json.loads((state / "images.json").read_text())) == {
        f"{prefix}/{name}"
        for prefix in ("dp-local", "dp-other")
        for name in ("dbt", "extractor", "stream-loader")
    }
