"""One container's process: started in its own session, followed, ended politely and then for good."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from local.services.ecs import forked

if TYPE_CHECKING:
    from local.services.ecs.launch import Launch
    from local.services.ecs.output import Output

_CONTAINED = Path(__file__).with_name("contained.py")
_SIGNAL_BASE = 128


class Process:
    """A running container.

    Args:
        launch: What to start.
        folder: The task's own folder: HOME, TMPDIR and default working directory.
        output: Takes its standard output and error.
    """

    def __init__(self, launch: Launch, folder: Path, output: Output) -> None:
        self._launch = launch
        self._output = output
        self._process = forked.start(launch, folder) or _contained(launch, folder)
        self._reader = threading.Thread(target=self._read, daemon=True, name="ecs-output")
        self._reader.start()

    @property
    def pid(self) -> int:
        """Process id on this machine."""
        return self._process.pid

    def wait(self) -> int:
        """Wait for the end; gives the exit code as Docker reports it (128 + signal)."""
        code = self._process.wait()
        self._reader.join(timeout=5)
        self._output.close()
        return code if code >= 0 else _SIGNAL_BASE - code

    def stop(self) -> None:
        """SIGTERM, then SIGKILL after the container's stopTimeout."""
        if self._process.poll() is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(self._launch.stop_timeout)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL to the process and its children."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _read(self) -> None:
        if self._process.stdout is not None:
            self._output.follow(self._process.stdout)


def _contained(launch: Launch, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_CONTAINED), *launch.command],
        cwd=launch.workdir or folder,
        env={"HOME": str(folder), "TMPDIR": str(folder), **launch.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
