"""Ends what a server left behind: Lambda workers and tasks outlive a `kill -9` of their server."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def end(state_dir: Path, server_pid: int) -> list[int]:
    """Kill the processes that a server of this folder, which has ended itself, had started.

    They are known by the environment that they inherited, so nothing else is ever hit. Where `/proc` does
    not exist (macOS), they end when their next call finds no server.

    Args:
        state_dir: the server's folder, as it recorded it.
        server_pid: its process; never killed here.

    Returns:
        The ids of the processes killed.
    """
    mark = f"LOCAL_AWS_STATE_DIR={state_dir}\0".encode()
    ended = []
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid in (server_pid, os.getpid()):
            continue
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes() + b"\0":
                os.kill(pid, signal.SIGKILL)
                ended.append(pid)
    return ended
