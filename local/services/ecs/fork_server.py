"""Run by an image's interpreter: loads once what the image's containers load, then becomes each of them by a fork.

Argument: the Python file to run first. Standard input: a socket. Each message on it is one byte with two file
descriptors: a channel, on which a container's request comes and on which its process id and its exit code go back,
and where its output goes. When the socket closes, the containers end, as they do when this process is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Container:
    """What a fork becomes: its command line without the interpreter, and where it runs."""

    arguments: list[str]
    environment: dict[str, str]
    workdir: str


def main() -> None:
    """Load, say so, and serve; in a fork, run the container's program to its end."""
    with socket.socket(fileno=os.dup(0)) as control:
        runpy.run_path(sys.argv[1], run_name="__main__")
        gc.collect()
        gc.freeze()  # what is loaded stays on pages that the forks share
        control.sendall(b"\n")
        container = _serve(control)
    if container is not None:
        _run(container)


def _serve(control: socket.socket) -> Container | None:
    """The container to become, in a fork; None in the server at its end."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as ready:
        ready.register(control, selectors.EVENT_READ)
        ready.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj == woken:
                    os.read(woken, 4096)
                    _report(running)
                    continue
                _, passed, _, _ = socket.recv_fds(control, 1, 2)
                if not passed:
                    _kill(running)
                    return None
                container = _fork(passed, running)
                if container is not None:
                    for inherited in (woken, wakes):
                        os.close(inherited)
                    return container


def _fork(passed: list[int], running: dict[int, socket.socket]) -> Container | None:
    channel, output = socket.socket(fileno=passed[0]), passed[1]
    with channel.makefile("rb") as said:
        request: dict[str, Any] = json.loads(said.readline())
    server = os.getpid()
    pid = os.fork()
    if pid:
        os.close(output)
        running[pid] = channel
        channel.sendall(f"{pid}\n".encode())
        return None
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(128 + signal.SIGKILL)
    os.setsid()
    for other in (channel, *running.values()):
        other.close()
    _take_over(output)
    return Container(**request)


def _take_over(output: int) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    for theirs, ours in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(theirs, ours)
    os.close(nothing)
    os.close(output)


def _report(running: dict[int, socket.socket]) -> None:
    """Tell of each container that has ended with which code, negative for a signal."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            channel = running.pop(pid, None)
            if channel is not None:
                with channel, contextlib.suppress(OSError):
                    channel.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _kill(running: dict[int, socket.socket]) -> None:
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _run(container: Container) -> None:
    """Run the program as `python <arguments>` would, in this process; its end is the interpreter's."""
    os.chdir(container.workdir)
    os.environ.clear()
    os.environ.update(container.environment)
    tempfile.tempdir = None  # the container's own TMPDIR counts
    unbuffered = bool(container.environment.get("PYTHONUNBUFFERED"))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, write_through=unbuffered)  # type: ignore[union-attr]
    first, *rest = container.arguments
    named = container.environment.get("PYTHONPATH", "").split(os.pathsep)
    beside = container.workdir if first == "-m" else str(Path(first).parent)
    sys.path[:0] = [beside, *filter(None, named)]
    if first == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = container.arguments
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    main()
