"""What was answered since the last checkpoint: entries on disk before their request is answered.

A checkpoint begins a new file, names it, and only then copies the state; after a `kill -9` the entries of that file and
of later ones are applied to what the checkpoint holds. An entry says what is there now and not what was done: one that
the checkpoint has already, or that is applied twice, changes nothing. Entries of one transaction are one record, which
is whole or not there.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import struct
import threading
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

logger = logging.getLogger("local.journal")

_KEPT = 3  # files of checkpoints that may still be loaded
_HEAD = struct.Struct("<II")  # length and checksum of a record
Entry = tuple[str, Any, Any]


class Journal:
    """The entries of one server, in files `<number>.entries`.

    Args:
        folder: Where they lie; made when the first entry is written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> journal = Journal(Path(tempfile.mkdtemp()))
        >>> journal.append([("item", "key", 1)])
        >>> journal.since(1)
        [('item', 'key', 1)]
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._number = 1 + max(self._numbers(), default=0)
        self._file: int | None = None
        self._begun: list[int] = []

    def append(self, entries: list[Entry]) -> None:
        """Write entries as one record; the operating system has it when this returns."""
        content = pickle.dumps(entries, protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            if self._file is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                self._file = os.open(self._path(self._number), flags, 0o600)
            os.write(self._file, _HEAD.pack(len(content), zlib.crc32(content)) + content)

    def begin(self) -> int:
        """Begin a new file, unless nothing stands in the current one; its number."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file, self._number = None, self._number + 1
            if self._number not in self._begun:
                self._begun.append(self._number)
            return self._number

    def since(self, number: int) -> list[Entry]:
        """The entries of a file and of later ones, in order; what a crash has cut off is left out."""
        found: list[Entry] = []
        for each in sorted(one for one in self._numbers() if one >= number):
            content = self._path(each).read_bytes()
            at = 0
            while len(record := content[at + _HEAD.size :]) and len(content) - at >= _HEAD.size:
                length, checksum = _HEAD.unpack_from(content, at)
                record = record[:length]
                if len(record) < length or zlib.crc32(record) != checksum:
                    logger.warning("%s is cut off at byte %d", self._path(each).name, at)
                    break
                found.extend(pickle.loads(record))  # noqa: S301 - our own file, verified
                at += _HEAD.size + length
        return found

    def forget(self) -> None:
        """Remove the files that no kept checkpoint names; called when a checkpoint is whole."""
        self._begun = self._begun[-_KEPT:]
        for number in self._numbers() if len(self._begun) == _KEPT else ():
            if number < self._begun[0]:
                self._path(number).unlink(missing_ok=True)

    def _numbers(self) -> list[int]:
        return [int(path.stem) for path in self._folder.glob("*.entries")]

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012d}.entries"


_open: Journal | None = None
_kinds: dict[str, Callable[[Any, Any], None]] = {}
_together = threading.local()


def register(kind: str, apply: Callable[[Any, Any], None]) -> None:
    """Say how entries of a kind are applied to the state that was loaded.

    Args:
        kind: unique.
        apply: gets what `note` got: which thing, and what it is then, None when it is gone.
    """
    _kinds[kind] = apply


def note(kind: str, key: Any, value: Any) -> None:
    """Write down what something is now.

    Args:
        kind: a registered kind.
        key: which thing.
        value: all of it; None when it is gone.
    """
    entry = (kind, key, value)
    waiting = getattr(_together, "entries", None)
    if waiting is not None:
        waiting.append(entry)
    elif _open is not None:
        _open.append([entry])


@contextlib.contextmanager
def together() -> Iterator[None]:
    """What is noted inside is one record: whole after a crash, or not there."""
    if getattr(_together, "entries", None) is not None:
        yield
        return
    _together.entries = []
    try:
        yield
    finally:
        entries, _together.entries = _together.entries, None
        if entries and _open is not None:
            _open.append(entries)


def begin_in(folder: Path, since: int | None) -> None:
    """Apply what was noted since the checkpoint that was loaded, and note in this folder from now on.

    Args:
        folder: Of the checkpoints.
        since: The file that the checkpoint names; None when it names none.
    """
    global _open  # noqa: PLW0603 - one for the process
    _open = Journal(folder)
    entries = [] if since is None else _open.since(since)
    for kind, key, value in entries:
        try:
            _kinds[kind](key, value)
        except Exception:
            logger.exception("An entry of %s does not apply: %s", kind, key)
    if entries:
        logger.info("%d entries that came after the checkpoint were applied", len(entries))


def another() -> int | None:
    """Begin a new file for a checkpoint that is about to be taken; its number, None while nothing is noted."""
    return None if _open is None else _open.begin()


def forget() -> None:
    """Remove the files that no kept checkpoint names."""
    if _open is not None:
        _open.forget()
