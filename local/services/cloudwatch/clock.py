"""The clock of metrics, alarms and schedules; tests move it instead of waiting."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_moved_seconds = 0.0


def now() -> float:
    """Seconds since 1970 by this clock."""
    return time.time() + _moved_seconds + _offset_of_file()


@contextlib.contextmanager
def moved(seconds: float) -> Iterator[None]:
    """Let the clock of this process stand `seconds` ahead (or, negative, behind) for a while.

    Example:
        >>> with moved(3600):
        ...     round(now() - time.time())
        3600
    """
    global _moved_seconds  # noqa: PLW0603 - one clock a process
    before = _moved_seconds
    _moved_seconds = before + seconds
    try:
        yield
    finally:
        _moved_seconds = before


def offset_file() -> Path:
    """A file with seconds that a running server adds to its clock; lies beside its state."""
    return _offset_file(os.environ.get("STATE_DIR", "."))


@functools.cache  # looked at with every datum
def _offset_file(state_dir: str) -> Path:
    return Path(state_dir).parent / "clock-offset"


def _offset_of_file() -> float:
    try:
        return float(offset_file().read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0
