"""The Python environments of images: made from a lock file when an image is first used, as a layer is pulled once."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from local.services.images import NoImageError

if TYPE_CHECKING:
    from local.services.images import Image

_SECONDS = 600
_SHOWN = 800
_making = threading.Lock()


def ensure(image: Image) -> None:
    """Make the environment of an image that has a lock file, unless it holds just that already.

    Raises:
        NoImageError: It cannot be made; the text ends with what the installer said.
    """
    if image.requirements is None or image.python is None:
        return
    lock, folder = Path(image.requirements), Path(image.python).parents[1]
    if not lock.is_file():
        raise NoImageError(f"The lock file {lock} of the image does not exist")
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    with _making:
        marker = folder / ".installed"
        if marker.is_file() and marker.read_text() == digest:
            return
        marker.unlink(missing_ok=True)
        _run("venv", "--quiet", "--clear", "--python", sys.executable, str(folder))
        into = ("--python", image.python)
        _run("pip", "install", "--quiet", *into, "--require-hashes", "-r", str(lock))
        marker.write_text(digest)


def _run(*arguments: str) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        raise NoImageError("uv, which makes the environments of images, is not installed; run `make setup`")
    try:
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise NoImageError(f"uv {arguments[0]} did not end within {_SECONDS} s") from error
    if done.returncode:
        raise NoImageError(f"uv {' '.join(arguments[:2])} failed: {done.stderr.strip()[-_SHOWN:]}")
