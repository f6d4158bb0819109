"""The machine's own ssh as the tunnel: its command line, its process, and what its complaints mean."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from operations.connection import Connection
    from operations.tunnel_bastion import BastionHost
    from operations.tunnel_database import FarDatabase

USER = "tunnel"
LOOPBACK = "127.0.0.1"
_END_SECONDS = 5
_OPTIONS = {
    "BatchMode": "yes",
    "IdentitiesOnly": "yes",
    "IdentityAgent": "none",
    "PreferredAuthentications": "publickey",
    "ExitOnForwardFailure": "yes",
    "ConnectTimeout": "10",
    "ServerAliveInterval": "15",
    "ServerAliveCountMax": "3",
    "StrictHostKeyChecking": "accept-new",  # the first key of an instance is kept, another one is refused
    "GlobalKnownHostsFile": "none",
    "CheckHostIP": "no",
    "UpdateHostKeys": "no",
    "HashKnownHosts": "no",
    "ControlMaster": "no",
    "ControlPath": "none",
    "ForwardAgent": "no",
    "ForwardX11": "no",
}
# The programs of a tunnel, and how to get each.
MENDS = {
    "ssh": "install OpenSSH's client",
    "aws": "install the AWS CLI v2: docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    "session-manager-plugin": "install it: docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html",
}


@dataclass(kw_only=True)
class SshProcess:
    """A running ssh that forwards, in a process group of its own: a Ctrl-C in the terminal is not for it."""

    process: subprocess.Popen[bytes]
    complaints: IO[bytes] = field(repr=False)

    def said(self) -> str:
        """What it complained of so far."""
        self.complaints.seek(0)
        return self.complaints.read().decode("utf-8", "replace").strip()

    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None

    def end(self) -> None:
        """End it and what it started (the AWS CLI and its plugin), and wait until it is gone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            try:
                self.process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            break
        self.complaints.close()


def require_programs(*, over_session_manager: bool) -> None:
    """Check that the programs are there which a tunnel needs.

    Raises:
        CommandFailed: one is missing; it says how to get it.
    """
    for program in ("ssh", "aws", "session-manager-plugin") if over_session_manager else ("ssh",):
        if shutil.which(program) is None:
            raise CommandFailed(f"{program} is not installed, but a tunnel needs it. Mend: {MENDS[program]}")


def command(
    host: BastionHost, database: FarDatabase, *, port: int, key: Path, known_hosts: Path, region: str
) -> list[str]:
    """The command line: forward a local port to the database, and nothing else."""
    options = _OPTIONS | {"UserKnownHostsFile": f'"{known_hosts}"', "HostKeyAlias": host.instance_id}
    if not host.address:
        options["ProxyCommand"] = shlex.join(
            [
                *("aws", "ssm", "start-session", "--target", "%h", "--region", region),
                *("--document-name", "AWS-StartSSHSession", "--parameters", "portNumber=%p"),
            ]
        )
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    forward = f"{LOOPBACK}:{port}:{database.host}:{database.port}"
    where = ["-p", str(host.port), "-l", USER, host.address or host.instance_id]
    return ["ssh", "-F", "none", "-N", "-T", "-i", str(key), *words, "-L", forward, *where]


def start(line: list[str], connection: Connection) -> SshProcess:
    """Start ssh; the AWS CLI behind it, if any, acts as the connection does."""
    complaints = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
    process = subprocess.Popen(
        line,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        env=os.environ | _credentials(connection),
        process_group=0,
    )
    return SshProcess(process=process, complaints=complaints)


def _credentials(connection: Connection) -> dict[str, str]:
    """The session in the variables of the AWS CLI; embedded or not, ssh itself reads none of them."""
    found = connection.session.get_credentials()
    if found is None:
        return {}
    frozen = found.get_frozen_credentials()
    return {
        "AWS_ACCESS_KEY_ID": frozen.access_key or "",
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        "AWS_SESSION_TOKEN": frozen.token or "",
    }


def explained(said: str, host: BastionHost, known_hosts: Path) -> CommandFailed:
    """What ssh complained of, in words that say how to mend it."""
    where = (host.address and f"{host.address}:{host.port}") or f"{host.instance_id} over Session Manager"
    if "HOST IDENTIFICATION HAS CHANGED" in said or "Host key verification failed" in said:
        return CommandFailed(
            f"the bastion {host.instance_id} shows another host key than before: something stands between you and "
            f"it, or its disk was replaced. If you know that it was, remove its line from {known_hosts}."
        )
    if "Permission denied" in said:
        return CommandFailed(
            f"the bastion {host.instance_id} refuses the key: it was launched with another key pair. "
            "Mend: deploy the bastion's stack, which replaces it."
        )
    if "TargetNotConnected" in said:
        return CommandFailed(
            f"the agent of {host.instance_id} is not connected to Session Manager. Try again in a minute; if it stays, "
            "check the endpoints ssm and ssmmessages of the network.",
            ExitCode.UNREACHABLE,
        )
    if "administratively prohibited" in said or "open failed" in said:
        return refused(host)
    if "Address already in use" in said or "cannot listen to port" in said:
        return CommandFailed(f"the local port is taken: {said}. Give another --port.", ExitCode.USAGE)
    return CommandFailed(
        f"the bastion {where} does not let SSH in: {said or 'it gave no reason'}. Mend: come from one of the ranges "
        "of BastionSettings.allowed_cidrs (or the VPN), and check that its security group has them deployed.",
        ExitCode.UNREACHABLE,
    )


def refused(host: BastionHost) -> CommandFailed:
    """The bastion lets nobody through to this database."""
    return CommandFailed(
        f"the bastion {host.instance_id} does not forward to this database: its configuration (PermitOpen) or the "
        "security groups do not allow it. Mend: deploy the stacks of the databases and of the bastion."
    )
