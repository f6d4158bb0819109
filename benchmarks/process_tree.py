"""Run a command as a whole process and measure its seconds and the peak memory of it and all its children together."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING

import psutil

from benchmarks.whole_process import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_LOOK_SECONDS = 0.02


def measure_tree(
    command: Sequence[str], *, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Measured:
    """Run the command to its end.

    The peak is what is seen every few milliseconds: what the kernel counts begins with the memory of whoever forks.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        list(command), cwd=cwd, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    seen = [0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(psutil.Process(process.pid), seen, ended))
    watcher.start()
    _, status, _ = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    ended.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command))
    return Measured(seconds=seconds, megabytes=seen[0] / 1024**2)


def _watch(process: psutil.Process, seen: list[int], ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        total = 0
        try:
            for one in (process, *process.children(recursive=True)):
                total += one.memory_info().rss
        except psutil.Error:
            continue
        seen[0] = max(seen[0], total)
