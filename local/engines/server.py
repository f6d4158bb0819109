"""What the servers of all engines share: start, wait until ready, stop politely, kill, leave nothing behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import psutil

from local.engines import privileges, spawner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_POLL_SECONDS = (0.02, 0.2)
_LONGEST_SOCKET = 100
_LOG_LINES = 15
_LARGEST_LOG = 64 << 20


class EngineError(RuntimeError):
    """An engine did not start or stop; the message holds the end of its log."""


class Engine(ABC):
    """One engine in a folder of its own.

    Args:
        folder: everything that it keeps; made on the first start.
        parameters: the engine's own parameters, as its configuration file spells them.
        environment: variables beside the process's own few.

    Raises:
        local.engines.artifacts.EngineUnavailable: The engine cannot be had on this machine.
    """

    stop_signals: ClassVar[tuple[int, ...]]
    ends_with_us: ClassVar[int]

    def __init__(
        self,
        folder: Path,
        *,
        parameters: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.parameters = dict(parameters or {})
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the engine says."""
        return self.folder / "engine.log"

    @property
    def pid(self) -> int | None:
        """The server's process, None when it does not run."""
        return self._process.pid if self.running and self._process is not None else None

    @property
    def running(self) -> bool:
        """Whether the process that this object started lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, seconds: float = 60) -> None:
        """Start it and return when it answers; what an earlier process left running in its folder is ended first.

        Raises:
            EngineError: It ended or did not answer in time.
        """
        if self.running:
            return
        self._end_leftovers()
        for folder in self._folders():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            privileges.give(folder)
        if not self._is_made():
            self._make()
        privileges.give(self.data)
        self._configure()
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        began = self.log.stat().st_size if self.log.exists() else 0
        self._process = spawner.start(
            self._command_line(),
            ends_with_us=self.ends_with_us,
            log=self.log,
            folder=self.folder,
            environment=self._variables(),
        )
        self._wait_ready(seconds, began)

    def stop(self, *, seconds: float = 20) -> None:
        """Stop it: politely first, then firmly, then for good."""
        process = self._process
        if process is None:
            return
        for number in self.stop_signals:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._end_leftovers()
        self._process = None

    def restart(self, *, seconds: float = 60) -> None:
        """Stop and start it; clients lose their connections."""
        self.stop()
        self.start(seconds=seconds)

    def log_end(self) -> str:
        """The last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:])

    def _folders(self) -> tuple[Path, ...]:
        return (self.folder,)

    @abstractmethod
    def _is_made(self) -> bool: ...

    @abstractmethod
    def _make(self) -> None: ...

    @abstractmethod
    def _configure(self) -> None: ...

    @abstractmethod
    def _command_line(self) -> list[str]: ...

    @abstractmethod
    def _ready(self) -> bool: ...

    def _variables(self) -> dict[str, str]:
        path = os.environ.get("PATH", "/usr/bin:/bin")
        return {"PATH": path, "HOME": str(self.folder), "LC_ALL": "C", "TZ": "UTC", **self._environment}

    def _run(self, line: list[str], *, text: str | None = None) -> None:
        """Run one of the engine's tools without root.

        Raises:
            EngineError: It failed.
        """
        ended = subprocess.run(
            privileges.command(line),
            check=False,
            capture_output=True,
            text=True,
            input=text,
            cwd=self.folder,
            env=self._variables(),
        )
        if ended.returncode != 0:
            raise EngineError(f"{Path(line[0]).name} failed: {(ended.stderr or ended.stdout).strip()}")

    def _wait_ready(self, seconds: float, began: int) -> None:
        deadline, pause = time.monotonic() + seconds, _POLL_SECONDS[0]
        while not self._ready():
            if not self.running or time.monotonic() > deadline:
                self.kill()
                said = self.log.read_bytes()[began:].decode(errors="replace").strip()[-2000:]
                raise EngineError(f"The engine in {self.folder} did not start: {said or 'it said nothing'}")
            time.sleep(pause)
            pause = min(1.1 * pause, _POLL_SECONDS[1])

    def _end_leftovers(self) -> None:
        """Kill what runs in this folder: a crashed server's backends outlive it for a moment."""
        left = list(self._at_work())
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(left, timeout=5)

    def _at_work(self) -> Iterator[psutil.Process]:
        mine = {str(self.folder.resolve()), str(self.data.resolve())}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid != os.getpid() and process.cwd() in mine and self._is_engine(process):
                    yield process

    @abstractmethod
    def _is_engine(self, process: psutil.Process) -> bool: ...


class Server(Engine):
    """A database server, reachable by a Unix socket and, when asked, by a port.

    Args:
        folder: everything that it keeps; made on the first start.
        parameters: the engine's own parameters, as its configuration file spells them.
        port: a TCP port on 127.0.0.1; None for none.
        environment: variables beside the process's own few.

    Raises:
        local.engines.artifacts.EngineUnavailable: The engine cannot be had on this machine.
    """

    def __init__(
        self,
        folder: Path,
        *,
        parameters: Mapping[str, str] | None = None,
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, parameters=parameters, environment=environment)
        self.port = port

    @property
    @abstractmethod
    def socket(self) -> Path:
        """Its Unix socket."""

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: inside of the server's own, unless that path is too long for a socket."""
        within = self.folder.resolve() / "run"
        if len(str(within)) <= _LONGEST_SOCKET - len("/.s.PGSQL.5432"):
            return within
        name = hashlib.sha256(str(within).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp") / f"engine-{name}"  # noqa: PLR2004, S108 - a private folder, mode 0700

    def _folders(self) -> tuple[Path, ...]:
        return (self.folder, self.socket_folder)
