"""PostgreSQL 17: the real server, in a folder, without root.

Example:
    server = Server(tmp_path / "shop", parameters={"wal_level": "logical"}, port=ports.choose(None, pair=False))
    server.start()
    psycopg2.connect(host=str(server.socket.parent), user="postgres")
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, ClassVar

from local.engines import artifacts, privileges, server
from local.engines.platform_name import platform_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import psutil

VERSION = "17.6"
_BUILDS = {
    "linux-amd64": "linux-amd64",
    "linux-arm64": "linux-arm64v8",
    "darwin-amd64": "darwin-amd64",
    "darwin-arm64": "darwin-arm64v8",
}
_READY_LINE = 8
# Who reaches the socket may be anyone that the folder's mode (0700) lets through, so it asks for no password.
_TRUSTING = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"


def installed() -> Path:
    """The folder of the unpacked engine (`bin/postgres`, `bin/initdb`); fetched on the first call.

    Raises:
        local.engines.artifacts.EngineUnavailable: It cannot be had on this machine.
    """
    name = platform_name()
    build = _BUILDS.get(name)
    if build is None:
        raise artifacts.EngineUnavailable(
            f"There is no PostgreSQL build for {name}; there is for {', '.join(sorted(_BUILDS))}"
        )
    return artifacts.install(f"embedded-postgres-binaries-{build}", f"postgres-{VERSION}")


class Server(server.Server):
    """One PostgreSQL server.

    Args:
        folder: everything that it keeps; made on the first start.
        parameters: as in postgresql.conf; values are quoted here.
        port: a TCP port on 127.0.0.1 with password authentication; None for the socket alone.
        superuser: the role that initdb makes.
        access: the content of pg_hba.conf; without one the socket asks for no password.
        environment: variables beside the process's own few.
    """

    stop_signals: ClassVar[tuple[int, ...]] = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate
    ends_with_us: ClassVar[int] = signal.SIGINT

    def __init__(
        self,
        folder: Path,
        *,
        parameters: Mapping[str, str] | None = None,
        port: int | None = None,
        superuser: str = "postgres",
        access: str = _TRUSTING,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, parameters=parameters, port=port, environment=environment)
        self.superuser = superuser
        self.access = access
        self._home = installed()

    @property
    def socket(self) -> Path:
        """Its Unix socket; libpq wants the folder, `socket.parent`, as host."""
        return self.socket_folder / f".s.PGSQL.{self.port or 5432}"

    def reload(self) -> None:
        """Take over changed `parameters` and `access` that need no restart."""
        self._configure()
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def _is_made(self) -> bool:
        return (self.data / "PG_VERSION").exists() and (self.data / "made").exists()

    def _make(self) -> None:
        import shutil

        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted initdb left
        privileges.require_reachable(self._home / "bin" / "initdb")
        self._run(
            [
                str(self._home / "bin" / "initdb"),
                *("-D", str(self.data), "-U", self.superuser, "-E", "UTF8", "-A", "trust", "--no-sync"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ]
        )
        (self.data / "made").touch()

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": str(self.port or 5432),
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "logging_collector": "off",
            "shared_memory_type": "mmap",
            **self.parameters,
        }
        lines = [f"{name} = {_quoted(value)}" for name, value in settings.items()]
        (self.data / "postgresql.auto.conf").write_text("")
        (self.data / "postgresql.conf").write_text("\n".join(lines) + "\n")
        (self.data / "pg_hba.conf").write_text(self.access)

    def _command_line(self) -> list[str]:
        return [str(self._home / "bin" / "postgres"), "-D", str(self.data)]

    def _ready(self) -> bool:
        """As pg_ctl asks: the server writes its state into the eighth line of its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        ours = bool(lines) and self._process is not None and lines[0] == str(self._process.pid)
        return ours and len(lines) >= _READY_LINE and lines[_READY_LINE - 1].strip() == "ready"

    def _is_engine(self, process: psutil.Process) -> bool:
        return str(process.name()).startswith("postgres")


def _quoted(value: str) -> str:
    """A value as postgresql.conf wants it.

    Example:
        >>> _quoted("it's")
        "'it''s'"
    """
    return "'" + str(value).replace("'", "''") + "'"
