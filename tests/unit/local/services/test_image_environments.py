"""The environment of an image is made from its lock once, again when the lock changes, and never half."""

from __future__ import annotations

import subprocess

import pytest

from local.services import image_environments
from local.services.images import Image, NoImageError


@pytest.fixture
def image(tmp_path):
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    python = tmp_path / "environment" / "bin" / "python"
    return Image(python=str(python), requirements=str(tmp_path / "requirements.lock"))


def _prefix(image):
    asked = [image.python, "-c", "import sys; print(sys.prefix)"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def test_it_is_made_once(image, tmp_path):
    image_environments.ensure(image)
    kept = tmp_path / "environment" / "kept"
    kept.touch()
    image_environments.ensure(image)
    assert kept.exists()
    assert _prefix(image) == str(tmp_path / "environment")


def test_it_is_made_anew_when_the_lock_changes(image, tmp_path):
    image_environments.ensure(image)
    old = tmp_path / "environment" / "old"
    old.touch()
    (tmp_path / "requirements.lock").write_text("# nothing else\n")
    image_environments.ensure(image)
    assert not old.exists()


def test_a_lock_without_hashes_makes_none_and_is_told(image, tmp_path):
    (tmp_path / "requirements.lock").write_text("boto3==1.43.106\n")
    for _ in range(2):
        with pytest.raises(NoImageError, match="uv pip install failed"):
            image_environments.ensure(image)


def test_an_image_without_its_lock_cannot_be_had(image, tmp_path):
    (tmp_path / "requirements.lock").unlink()
    with pytest.raises(NoImageError, match=r"requirements\.lock of the image does not exist"):
        image_environments.ensure(image)
