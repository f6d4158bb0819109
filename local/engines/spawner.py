"""Starts engines on one thread that lives as long as this process.

The kernel ends an engine with the *thread* that started it, and threads that serve a request are short-lived.
"""

from __future__ import annotations

import queue
import subprocess
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from local.engines import privileges

if TYPE_CHECKING:
    from pathlib import Path

_Request = tuple["Future[subprocess.Popen[bytes]]", list[str], "Path", "Path", dict[str, str]]
_requests: queue.Queue[_Request] = queue.Queue()
_lock = threading.Lock()
_threads: list[threading.Thread] = []


def start(
    line: list[str], *, ends_with_us: int, log: Path, folder: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Start an engine without root; it ends with this process.

    Args:
        line: its command line.
        ends_with_us: the signal that it gets when this process dies, however it dies (Linux).
        log: takes its output, appended.
        folder: its working directory.
        environment: the whole environment.
    """
    with _lock:
        if not _threads:
            thread = threading.Thread(target=_serve, daemon=True, name="engine-spawner")
            _threads.append(thread)
            thread.start()
    made: Future[subprocess.Popen[bytes]] = Future()
    _requests.put((made, privileges.command(line, ends_with_us=ends_with_us), log, folder, environment))
    return made.result()


def _serve() -> None:
    while True:
        made, line, log, folder, environment = _requests.get()
        try:
            with log.open("ab") as output:
                made.set_result(
                    subprocess.Popen(
                        line,
                        cwd=folder,
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )
                )
        except Exception as error:
            made.set_exception(error)
