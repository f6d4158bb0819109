"""A tunnel to a database: the machine's own ssh through the bastion, open as long as somebody uses it."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from operations import tunnel_ssh
from operations.exit_codes import CommandFailed, ExitCode
from operations.tunnel_bastion import bastion_host
from operations.tunnel_clients import ca_bundle
from operations.tunnel_database import far_database, settings_of
from operations.tunnel_files import key_file, known_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from operations.connection import Connection
    from operations.tunnel_bastion import BastionHost
    from operations.tunnel_database import FarDatabase
    from operations.tunnel_ssh import SshProcess

_OPEN_SECONDS = 30
# A bastion that was woken makes its user and reads its keys before it lets anybody in.
_WOKEN_SECONDS = 240
_AGAIN_SECONDS = 3
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 15
# What asks a PostgreSQL server whether it speaks TLS; a MySQL server speaks first.
_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(frozen=True, kw_only=True)
class Tunnel:
    """An open tunnel.

    Args:
        database: Name of the database in the environment's settings.
        engine: `postgres` or `mysql`.
        host: Where clients connect, on this machine.
        port: Where clients connect, on this machine.
        database_host: Host of the database, which its certificate names.
        database_port: Port of the database in its network.
        database_name: Name of the database in the instance.
        secret_arn: Secret of the master user. The tunnel never reads it.
        ca_bundle: File of the authorities that vouch for the database.
        bastion: Instance id of the bastion.
    """

    database: str
    engine: str
    host: str
    port: int
    database_host: str
    database_port: int
    database_name: str
    secret_arn: str
    ca_bundle: str
    bastion: str
    _ssh: SshProcess | None = field(default=None, repr=False, compare=False)

    def why_ended(self) -> str | None:
        """What ssh said when it ended by itself; None while the tunnel is open."""
        if self._ssh is None or not self._ssh.ended():
            return None
        return self._ssh.said() or f"ssh ended with code {self._ssh.process.returncode}"


@contextmanager
def open_tunnel(
    connection: Connection,
    database: str,
    *,
    port: int | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Iterator[Tunnel]:
    """Open a tunnel, and close it when the block ends, however it ends.

    The role that opens tunnels is taken for this, once: what is open stays open when its credentials expire, and
    nothing is renewed. The private key is in a file only until ssh has logged in.

    Args:
        connection: The environment, as somebody who may take the role.
        database: Name of the database in the environment's settings.
        port: Local port; a free one when left out.
        on_progress: Told what is waited for.

    Raises:
        CommandFailed: there is no such database, or a step is refused; it says which and how to mend it.
    """
    settings = settings_of(connection, database)
    environment = connection.environment
    tunnel_ssh.require_programs(
        over_session_manager=environment.bastion is not None and environment.bastion.mode == "ssm"
    )
    here = _local_port(port)
    opener = connection.assume(f"arn:aws:iam::{environment.account}:role/{environment.prefix}-tunneler")
    far = far_database(opener, settings)
    host = bastion_host(opener, on_progress=on_progress)
    ssh = _logged_in(opener, host, far, here, on_progress)
    try:
        on_progress(f"waiting until {database} answers")
        _require_answer(ssh, host, far, here)
        yield Tunnel(
            database=database,
            engine=far.engine,
            host=tunnel_ssh.LOOPBACK,
            port=here,
            database_host=far.host,
            database_port=far.port,
            database_name=far.database,
            secret_arn=far.secret_arn,
            ca_bundle=ca_bundle(connection),
            bastion=host.instance_id,
            _ssh=ssh,
        )
    finally:
        ssh.end()


def _logged_in(
    opener: Connection, host: BastionHost, far: FarDatabase, port: int, on_progress: Callable[[str], None]
) -> SshProcess:
    """An ssh that has logged in and listens; a bastion that was just woken is asked until it lets in."""
    hosts = known_hosts(opener.environment.name)
    deadline = time.monotonic() + (_WOKEN_SECONDS if host.woken else 0)
    with key_file(host.private_key) as key:
        line = tunnel_ssh.command(
            host, far, port=port, key=key, known_hosts=hosts, region=opener.environment.region
        )
        while True:
            on_progress(f"logging in to the bastion {host.instance_id}")
            ssh = tunnel_ssh.start(line, opener)
            try:
                listens = _listens(ssh, port)
                said = ssh.said()
            except BaseException:
                ssh.end()
                raise
            if listens:
                return ssh
            ssh.end()
            failure = tunnel_ssh.explained(said, host, hosts)
            if time.monotonic() > deadline or "host key" in str(failure):
                raise failure
            time.sleep(_AGAIN_SECONDS)


def _listens(ssh: SshProcess, port: int) -> bool:
    """Wait until ssh has logged in, which is when it listens; False when it ended or took too long."""
    deadline = time.monotonic() + _OPEN_SECONDS
    while time.monotonic() < deadline and not ssh.ended():
        if not _is_free(port):
            return not ssh.ended()
        time.sleep(_POLL_SECONDS)
    return False


def _require_answer(ssh: SshProcess, host: BastionHost, far: FarDatabase, port: int) -> None:
    """Ask through the tunnel: only then is it known that the bastion forwards and the database listens."""
    answer, why = b"", ""
    try:
        with socket.create_connection((tunnel_ssh.LOOPBACK, port), timeout=_ANSWER_SECONDS) as asked:
            if far.engine == "postgres":
                asked.sendall(_SSL_REQUEST)
            answer = asked.recv(1)
    except OSError as error:
        why = str(error)
    if answer:
        return
    said = ssh.said()
    if "prohibited" in said:
        raise tunnel_ssh.refused(host)
    if "open failed" in said or not why:
        raise CommandFailed(
            f"the bastion {host.instance_id} does not reach the database {far.name}: the security groups do not admit "
            "it, or the database is down. Mend: deploy the stacks of the databases and of the bastion; "
            f"`aws rds describe-db-instances` tells the state.{f' ssh said: {said}' if said else ''}",
            ExitCode.UNREACHABLE,
        )
    raise CommandFailed(
        f"the database {far.name} does not answer over the tunnel: {why}", ExitCode.UNREACHABLE
    )


def _is_free(port: int) -> bool:
    """Whether nobody listens; connections of before that are still being forgotten do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((tunnel_ssh.LOOPBACK, port))
        except OSError:
            return False
        return True


def _local_port(port: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((tunnel_ssh.LOOPBACK, port or 0))
        except OSError as error:
            raise CommandFailed(
                f"--port {port} is taken on this machine ({error.strerror}). Give another one, or leave it out for a "
                "free one.",
                ExitCode.USAGE,
            ) from error
        return int(probe.getsockname()[1])
