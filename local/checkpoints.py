"""Checkpoints on disk: content-addressed files a service or piece of it, and a manifest that names a consistent set.

A manifest is written beside and renamed, after all of its files. Whatever is torn fails its digest, and the
checkpoint before it is taken. Unchanged services are not written again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import logging
import os
import pickle
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

logger = logging.getLogger("local.checkpoints")

KEPT = 3
_MANIFEST = re.compile(r"manifest-(\d{12})\.json")


class TornCheckpointError(ValueError):
    """A file of a checkpoint is missing or not what its manifest says."""


@dataclass(kw_only=True)
class Writing:
    """A checkpoint being written: `add` each service's state, in one or more pieces `<service>/<piece>`."""

    folder: Path
    files: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, state: Any) -> str:
        """Write the state of service `name`, unless a file with this content is there already; its file."""
        return self.add_pickled(name, pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL))

    def add_pickled(self, name: str, content: bytes) -> str:
        """The same for a state that is pickled already."""
        file = f"{name.partition('/')[0]}-{hashlib.sha256(content).hexdigest()}.pickle"
        if not (self.folder / file).exists():
            _write(self.folder / file, content)
        self.files[name] = file
        return file

    def keep(self, name: str, file: str) -> None:
        """Take over what the checkpoint before wrote of `name`."""
        self.files[name] = file


@dataclass(frozen=True)
class CheckpointFolder:
    """The checkpoints of one server."""

    path: Path

    @contextlib.contextmanager
    def writing(self, *, clean: bool) -> Iterator[Writing]:
        """Collect a checkpoint; it counts once the block ended without an error and something changed."""
        self.path.mkdir(parents=True, exist_ok=True)
        made = Writing(folder=self.path)
        yield made
        manifests = self._manifests()
        if manifests and not clean and _read(manifests[-1]).get("files") == made.files:
            return
        number = 1 + (int(_number(manifests[-1])) if manifests else 0)
        content = json.dumps({"clean": clean, "files": made.files}, sort_keys=True)
        _write(self.path / f"manifest-{number:012d}.json", content.encode())
        self._forget_old()

    def load(self, *names: str) -> dict[str, Any]:
        """The states of the newest checkpoint that is whole, all or those named; empty when there is none."""
        for manifest in reversed(self._manifests()):
            try:
                files = _read(manifest)["files"].items()
                return {name: self._state(file) for name, file in files if not names or name in names}
            except Exception as problem:
                logger.warning(
                    "Checkpoint %s is not whole (%s); taking the one before", manifest.name, problem
                )
        return {}

    def copy(self, target: Path, change: Callable[[str, bytes], bytes]) -> None:
        """Write the newest checkpoint to another folder.

        Args:
            target: The folder; it is made.
            change: Gets the name of each piece and its pickle, and returns what the copy holds of it.

        Raises:
            TornCheckpointError: There is none, it is not whole, or its server has not ended by itself: what a crash
                left of the journal is not in it.
        """
        manifests = self._manifests()
        newest = _read(manifests[-1]) if manifests else {}
        if not newest.get("clean"):
            raise TornCheckpointError(f"{self.path} holds no checkpoint of a graceful end")
        target.mkdir(parents=True)
        copied = Writing(folder=target)
        for name, file in newest["files"].items():
            copied.add_pickled(name, change(name, self._content(file)))
        content = json.dumps({"clean": True, "files": copied.files}, sort_keys=True)
        _write(target / f"manifest-{1:012d}.json", content.encode())

    def _state(self, file: str) -> Any:
        return pickle.loads(self._content(file))  # noqa: S301 - our own file, verified

    def _content(self, file: str) -> bytes:
        content = (self.path / file).read_bytes()
        if hashlib.sha256(content).hexdigest() not in file:
            raise TornCheckpointError(f"{file} is torn")
        return content

    def _manifests(self) -> list[Path]:
        return [self.path / name for name in sorted(self._names()) if _MANIFEST.fullmatch(name)]

    def _names(self) -> list[str]:
        """What lies in the folder: thousands of files, which as paths would cost more than the rest of a checkpoint."""
        return os.listdir(self.path) if self.path.is_dir() else []  # noqa: PTH208 - names are enough

    def _forget_old(self) -> None:
        manifests = self._manifests()
        for old in manifests[:-KEPT]:
            old.unlink()
        used = {file for manifest in manifests[-KEPT:] for file in _read(manifest).get("files", {}).values()}
        for name in self._names():
            if name.endswith(".pickle") and name not in used:
                (self.path / name).unlink()


def _read(manifest: Path) -> Mapping[str, Any]:
    try:
        seen = manifest.stat()
        return _parsed(manifest, seen.st_mtime_ns, seen.st_size)
    except (OSError, ValueError):
        return {}


@functools.lru_cache(maxsize=2 * KEPT)
def _parsed(manifest: Path, _changed_at: int, _size: int) -> Mapping[str, Any]:
    """What a manifest says; each is asked several times, and again at the next checkpoints."""
    found = json.loads(manifest.read_text())
    return found if isinstance(found, dict) else {}


def _number(manifest: Path) -> str:
    found = _MANIFEST.fullmatch(manifest.name)
    return found[1] if found else "0"


def _write(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.write_bytes(content)
    beside.replace(path)
