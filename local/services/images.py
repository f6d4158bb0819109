"""What a container image is on this machine: an interpreter, files and variables, for ECS and Lambda alike.

There is no Docker here. A file (`images.json` beside the state, or `LOCAL_AWS_IMAGES`) tells by the repository's name
what stands for an image; an image without an entry cannot be had.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ENVIRONMENT_VARIABLE = "LOCAL_AWS_IMAGES"
_REGISTRY = re.compile(r"^(?P<registry>[^/]+[.:][^/]*)/(?P<rest>.+)$")
_INTERPRETERS = {"python", "python3"}


class NoImageError(LookupError):
    """An image cannot be had; the text says why and how to mend it."""


@dataclass(frozen=True, kw_only=True)
class Image:
    """What an image is on this machine.

    Args:
        python: Interpreter that stands for `python` in the image; its folder leads the PATH.
        requirements: Lock file of what is installed beside it. With one, `python` is that of an environment that is
            made from the lock when the image is first used.
        workdir: Working directory.
        entrypoint: The image's ENTRYPOINT.
        command: The image's CMD.
        env: The image's ENV.
        preload: Python file that loads what the image's programs load, for ECS to start them as forks of it.
    """

    python: str | None = None
    requirements: str | None = None
    workdir: str | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    preload: str | None = None

    def command_line(self, entrypoint: list[str] | None, command: list[str] | None) -> list[str]:
        """The process to start for a container definition's entry point and command.

        Raises:
            ValueError: There is nothing to run.

        Example:
            >>> Image(python="/v/bin/python", entrypoint=("python", "-m", "job")).command_line(None, ["build"])
            ['/v/bin/python', '-m', 'job', 'build']
        """
        first = entrypoint or list(self.entrypoint)
        line = [*first, *(command or ([] if entrypoint else list(self.command)))]
        if not line:
            raise ValueError("neither the image nor the container definition says what to run")
        if line[0] in _INTERPRETERS and self.python:
            line[0] = self.python
        return line


def repository(image: str) -> str:
    """The repository in an image's name, without registry, tag and digest.

    Example:
        >>> repository("1.dkr.ecr.ap-southeast-2.amazonaws.com/dp-local/dbt:1.0")
        'dp-local/dbt'
        >>> repository("dbt@sha256:0")
        'dbt'
    """
    found = _REGISTRY.match(image)
    name = found["rest"] if found else image
    return name.split("@", 1)[0].split(":", 1)[0]


def file() -> Path:
    """Where the mapping lies: `LOCAL_AWS_IMAGES`, else `images.json` in the folder of the embedded AWS."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(named) if named else Path(os.environ.get("STATE_DIR", ".")).parent / "images.json"


def find(image: str) -> Image:
    """What an image is here; the entry with the longest repository name that the image's name ends with.

    Raises:
        NoImageError: No entry fits, or the file cannot be read.
    """
    path, name = file(), repository(image)
    try:
        entries: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise NoImageError(f"{path.name} is not JSON: {error}") from error
    fitting = [key for key in entries if name == key or name.endswith(f"/{key}")]
    if not fitting:
        known = ", ".join(sorted(entries)) or "none"
        raise NoImageError(
            f"pull image manifest: {image}: the embedded AWS has no local command for "
            f"the repository '{name}' (known: {known}). Add it to {path}"
        )
    entry = entries[max(fitting, key=len)]
    return Image(
        python=entry.get("python"),
        requirements=entry.get("requirements"),
        workdir=entry.get("workdir"),
        entrypoint=tuple(entry.get("entrypoint", ())),
        command=tuple(entry.get("command", ())),
        env={key: str(value) for key, value in entry.get("env", {}).items()},
        preload=entry.get("preload"),
    )
