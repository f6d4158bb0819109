"""Run a command as a whole process and measure its seconds and its peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run: wall seconds, and the peak resident memory of its largest process in megabytes."""

    seconds: float
    megabytes: float


def measure(
    command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run the command to its end.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        list(command), cwd=cwd, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Measured(seconds=seconds, megabytes=usage.ru_maxrss / 1024)


def median(runs: Sequence[Measured]) -> Measured:
    """The run with the median time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]
