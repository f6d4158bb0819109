"""Contracts as git knows them: at a revision, in every version up to it, and which ones changed since."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset

_SUFFIX = ".odcs.yaml"


@dataclass(frozen=True, kw_only=True)
class History:
    """The versions of a contract, the oldest first, and the revisions whose text is no contract of today's language."""

    versions: tuple[Dataset, ...]
    unreadable: tuple[str, ...]


def read(path: Path) -> Dataset:
    """A contract file.

    Raises:
        CommandFailed: when there is none, or it is not valid; it says file, line and mend.
    """
    from data_platform.contracts.odcs import ContractError, load_dataset

    if not path.is_file():
        raise CommandFailed(f"{path}: there is no such contract file", ExitCode.USAGE)
    try:
        return load_dataset(path)
    except ContractError as error:
        raise CommandFailed(str(error)) from error


def at_revision(revision: str, path: Path) -> Dataset:
    """The same contract at a git revision.

    Raises:
        CommandFailed: when the revision or its contract is not there, or the contract is not valid.
    """
    content = _shown(revision, path)
    if content is None:
        raise CommandFailed(
            f"{revision!r} is neither a contract file nor a git revision that holds {path.name}",
            ExitCode.USAGE,
        )
    return _parsed(content, path)


def up_to(revision: str, path: Path) -> History:
    """Every version of a contract up to a revision that differs from the one before.

    Args:
        revision: A git revision.
        path: The contract file.

    Raises:
        CommandFailed: when the clone does not hold the whole history.
    """
    folder = path.resolve().parent
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise CommandFailed(
            f"{path}: its compatibility is to hold for every earlier version, and this clone lacks the older ones. "
            "Mend: `git fetch --unshallow` (in GitHub Actions: `fetch-depth: 0`)"
        )
    commits = _git(folder, "rev-list", "--reverse", revision, "--", f"./{path.name}").decode().split()
    versions, unreadable = [], []
    seen: set[bytes] = set()
    for commit in commits:
        content = _shown(commit, path)
        if content is None or content in seen:
            continue
        seen.add(content)
        try:
            versions.append(_parsed(content, path))
        except CommandFailed:
            unreadable.append(commit[:12])
    return History(versions=tuple(versions), unreadable=tuple(unreadable))


def changed_since(revision: str, root: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The contracts below a folder that are not as they were at a revision: those that changed, those that are gone.

    Raises:
        CommandFailed: when git knows no such revision.
    """
    listed = _git(root, "diff", "--name-status", "--no-renames", "--relative", "-z", revision, "--", ".")
    parts = listed.decode().split("\0")
    found = [
        (state, root / name)
        for state, name in zip(parts[0::2], parts[1::2], strict=False)
        if name.endswith(_SUFFIX)
    ]
    changed = tuple(path for state, path in found if state == "M")
    return changed, tuple(path for state, path in found if state == "D")


def _shown(revision: str, path: Path) -> bytes | None:
    folder = path.resolve().parent
    while not folder.is_dir():  # the folder of a domain whose last contract is gone
        folder = folder.parent
    name = path.resolve().relative_to(folder).as_posix()
    ended = subprocess.run(
        ["git", "show", f"{revision}:./{name}"], cwd=folder, capture_output=True, check=False
    )
    return ended.stdout if ended.returncode == 0 else None


def _parsed(content: bytes, path: Path) -> Dataset:
    """Read from a folder of the same name, which a contract's domain must have."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / path.resolve().parent.name / path.name
        file.parent.mkdir()
        file.write_bytes(content)
        return read(file)


def _git(folder: Path, *arguments: str) -> bytes:
    ended = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    if ended.returncode != 0:
        raise CommandFailed(
            f"git {arguments[0]}: {ended.stderr.decode(errors='replace').strip()}", ExitCode.USAGE
        )
    return ended.stdout
