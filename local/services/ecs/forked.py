"""Containers that start as forks of a process which has loaded what they load: one fork server an image.

A Python program that loads for seconds costs them once and not once a task. What a container is started with, and
how it ends, is as if its interpreter had been started. Linux only: elsewhere, and where the fork server does not come
up, a container is started as it always is.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.services.ecs.launch import Launch

logger = logging.getLogger("local.services.ecs")

_PROGRAM = Path(__file__).with_name("fork_server.py")
_KILLED = -9
_STARTS = ("PATH", "LANG", "LC_ALL", "OPENBLAS_NUM_THREADS")
_servers: dict[tuple[str, str], socket.socket | None] = {}
_lock = threading.Lock()


class Fork:
    """A container's process, with what `subprocess.Popen` has of it.

    Args:
        control: the fork server's socket.
        launch: what to start; its command line begins with the server's interpreter.
        folder: the container's working directory where the image names none.
    """

    def __init__(self, control: socket.socket, launch: Launch, folder: Path) -> None:
        reads, writes = os.pipe()
        self._channel, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(control, [b"."], [theirs.fileno(), writes])
        os.close(writes)
        request = {
            "arguments": launch.command[1:],
            "environment": {"HOME": str(folder), "TMPDIR": str(folder), **launch.environment},
            "workdir": launch.workdir or str(folder),
        }
        self._channel.sendall(json.dumps(request).encode() + b"\n")
        self._said = self._channel.makefile("r")
        self.stdout = os.fdopen(reads, "r", errors="replace")
        self.pid = int(self._said.readline())
        self.returncode: int | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._follow, daemon=True, name="ecs-fork").start()

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code.

        Raises:
            subprocess.TimeoutExpired: It still runs after `timeout` seconds.
        """
        if not self._ended.wait(timeout) or self.returncode is None:
            raise subprocess.TimeoutExpired("fork", timeout or 0)
        return self.returncode

    def _follow(self) -> None:
        with self._channel, self._said:
            told = ""
            with contextlib.suppress(OSError):
                told = self._said.readline()
            # Who is gone without a word was killed, and its forks with it.
            self.returncode = int(told) if told else _KILLED
            self._ended.set()


def start(launch: Launch, folder: Path) -> Fork | None:
    """Start a container as a fork; None when its image names nothing to load first, or it cannot be loaded."""
    if launch.preload is None or sys.platform != "linux":
        return None
    key = (launch.command[0], launch.preload)
    with _lock:
        if key not in _servers:
            _servers[key] = _serve(*key)
        control = _servers[key]
        if control is None:
            return None
        try:
            return Fork(control, launch, folder)
        except (OSError, ValueError):
            logger.warning("The fork server of %s is gone; the next container makes another", launch.preload)
            del _servers[key]
            return None


def _serve(python: str, preload: str) -> socket.socket | None:
    """Start a fork server and wait until it has loaded; it ends when this process does."""
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in _STARTS if name in os.environ}
    with theirs:
        process = subprocess.Popen(
            [python, "-P", str(_PROGRAM), preload],
            stdin=theirs.fileno(),
            cwd=Path(preload).parent,
            env=environment,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True, name="ecs-fork-server").start()
    if ours.recv(1) == b"\n":
        return ours
    ours.close()
    logger.warning("%s cannot be loaded before its containers: each will load it itself", preload)
    return None
