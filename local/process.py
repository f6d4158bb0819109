"""Starts, finds and stops embedded AWS processes; each has its own state folder, many may run at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from local import orphans, ports
from local.endpoint import Endpoint, healthy, read, record
from local.settings import Settings

__all__ = [
    "DEFAULT_STATE_DIR",
    "EmbeddedAwsError",
    "Endpoint",
    "endpoint",
    "healthy",
    "kill",
    "start",
    "stop",
]

DEFAULT_STATE_DIR = Path(".local/aws")
START_SECONDS = 60
STOP_SECONDS = 15
_POLL_SECONDS = 0.05
_ROOT = Path(__file__).resolve().parent.parent
_POPENS: dict[int, subprocess.Popen[bytes]] = {}


class EmbeddedAwsError(RuntimeError):
    """The embedded AWS could not be started or stopped; the message says why and where its log is."""


def start(
    state_dir: Path = DEFAULT_STATE_DIR,
    *,
    auth: bool = True,
    wait: bool = True,
    seconds: float = START_SECONDS,
) -> Endpoint:
    """Start a server on this state folder, or return the one that runs there already.

    Args:
        state_dir: its folder; earlier state in it is loaded.
        auth: enforce IAM and serve TLS.
        wait: return when it answers.
        seconds: how long to wait for that.

    Raises:
        EmbeddedAwsError: it ended or did not answer in time; the message carries the end of its log.
    """
    state_dir = state_dir.resolve()
    running = endpoint(state_dir)
    if running is not None:
        if running.auth != auth:
            raise EmbeddedAwsError(
                f"An embedded AWS with auth={running.auth} already runs on {state_dir} (pid {running.pid}). "
                f"Mend: python -m local stop"
            )
        return running
    state_dir.mkdir(parents=True, exist_ok=True)
    before = read(state_dir)
    if before is not None:
        orphans.end(state_dir, before.pid)
    chosen = Settings(state_dir=state_dir, port=_port(before, auth=auth), auth=auth)
    process = _launch(chosen)
    found = record(chosen, process.pid)
    if wait:
        _wait_ready(found, process, seconds)
    return found


def endpoint(state_dir: Path = DEFAULT_STATE_DIR) -> Endpoint | None:
    """The server that runs on this folder, or None."""
    recorded = read(state_dir.resolve())
    return recorded if recorded is not None and _alive(recorded.pid) else None


def stop(state_dir: Path = DEFAULT_STATE_DIR, *, seconds: float = STOP_SECONDS) -> bool:
    """Stop the server of this folder: SIGTERM, and SIGKILL when it has not ended after `seconds`.

    Returns:
        Whether one ran.
    """
    running = endpoint(state_dir)
    if running is None:
        return False
    os.kill(running.pid, signal.SIGTERM)
    if not _ended(running.pid, seconds):
        kill(state_dir)
    orphans.end(Path(running.state_dir), running.pid)
    return True


def kill(state_dir: Path = DEFAULT_STATE_DIR) -> bool:
    """End the server at once (`kill -9`), as a crash would. Returns whether one ran."""
    running = endpoint(state_dir)
    if running is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGKILL)
    _ended(running.pid, STOP_SECONDS)
    return True


def log_file(state_dir: Path = DEFAULT_STATE_DIR) -> Path:
    """Where the server of this folder logs."""
    return state_dir.resolve() / "server.log"


def _port(before: Endpoint | None, *, auth: bool) -> int:
    last = int(before.endpoint.rsplit(":", 1)[1]) if before is not None and before.auth == auth else None
    try:
        return ports.choose(last, pair=auth)
    except ports.NoPortError as problem:
        raise EmbeddedAwsError(str(problem)) from problem


def _launch(chosen: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "local.server", "--state-dir", str(chosen.state_dir)]
    command += ["--port", str(chosen.port)] + ([] if chosen.auth else ["--no-auth"])
    paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with log_file(chosen.state_dir).open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=chosen.state_dir,
            start_new_session=True,
        )
    _POPENS[process.pid] = process
    return process


def _wait_ready(found: Endpoint, process: subprocess.Popen[bytes], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not healthy(found):
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            state_dir = Path(found.state_dir)
            why = f"ended with code {process.returncode}" if ended else f"did not answer in {seconds:g} s"
            stop(state_dir)
            tail = "\n".join(log_file(state_dir).read_text(errors="replace").splitlines()[-20:])
            raise EmbeddedAwsError(f"The embedded AWS {why}. Log: {log_file(state_dir)}\n{tail}")
        time.sleep(_POLL_SECONDS)


def _alive(pid: int) -> bool:
    child = _POPENS.get(pid)
    if child is not None and child.poll() is not None:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return _is_server(pid)


def _is_server(pid: int) -> bool:
    """Whether the process is ours and not a later one with the same id (known on Linux only)."""
    command = Path(f"/proc/{pid}/cmdline")
    try:
        return b"local.server" in command.read_bytes()
    except OSError:
        return not command.parent.exists()


def _ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
