"""The SSH server of one instance: its key pair logs in, and forwards to what sshd's configuration and groups permit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncssh

from local.services import network_reach
from local.services.ec2 import forward

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.services.ec2.sshd_config import SshdConfig

SSH_PORT = 22


@dataclass(frozen=True, kw_only=True)
class Bastion:
    """An instance as its SSH server knows it.

    Args:
        instance_id: Its id.
        account: Its account.
        region: Its region.
        config: What its user data configures.
        authorized_key: The public key of its key pair.
    """

    instance_id: str
    account: str
    region: str
    config: SshdConfig
    authorized_key: str

    def groups(self) -> tuple[str, ...]:
        """Its security groups as they are now; none when it does not run any more, so that nothing is admitted."""
        from ministack.core.responses import request_scope
        from ministack.services import ec2

        with request_scope(self.account, self.region):
            instance = ec2._instances.get(self.instance_id) or {}
        if (instance.get("State") or {}).get("Name") != "running":
            return ()
        return tuple(group["GroupId"] for group in instance.get("SecurityGroups", []))

    def admits(self, address: str) -> bool:
        """Whether its groups let SSH in from an address at this moment."""
        from ministack.core.responses import request_scope

        with request_scope(self.account, self.region):
            return network_reach.admits(self.groups(), port=SSH_PORT, source_ip=address)


class Door(asyncssh.SSHServer):
    """One connection to the server. No shell, no command, no files, no forwarding back: only what is overridden here.

    Args:
        bastion: Whose door it is.
        log: Takes the lines that sshd would log.
        doors: All open ones of the server; this one joins and leaves them.

    Attributes:
        is_session: Whether somebody has logged in.
    """

    def __init__(self, bastion: Bastion, log: Callable[[str], None], doors: set[Door]) -> None:
        self.is_session = False
        self._bastion, self._log, self._doors = bastion, log, doors
        self._from, self._user = "?", ""
        self._connection: Any = None

    def end(self) -> None:
        """Cut the connection."""
        self._connection.abort()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Close at once what the security groups do not let in: it gets no answer on AWS either."""
        self._connection = conn
        self._doors.add(self)
        address, port = conn.get_extra_info("peername")[:2]
        self._from = f"{address} port {port}"
        if not self._bastion.admits(str(address)):
            self._log(f"Connection from {self._from} dropped by the security groups")
            conn.abort()
            return
        self._log(f"Connection from {self._from}")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        """Note who left."""
        self._doors.discard(self)
        who = f"Disconnected from user {self._user}" if self.is_session else "Connection closed by"
        self._log(f"{who} {self._from}{'' if self.is_session else ' [preauth]'}")

    def begin_auth(self, username: str) -> bool:
        """Everybody must prove a key."""
        self._user = username
        if username != self._bastion.config.user:
            self._log(f"User {username} from {self._from} not allowed because not listed in AllowUsers")
        return True

    def public_key_auth_supported(self) -> bool:
        """Keys are the only way in."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether it is the instance's key pair."""
        allowed = asyncssh.import_public_key(self._bastion.authorized_key)
        same = username == self._bastion.config.user and key.public_data == allowed.public_data
        if not same:
            self._log(f"Failed publickey for {username} from {self._from} ssh2: {_shown(key)}")
        return same

    def auth_completed(self) -> None:
        """Note who came."""
        self.is_session = True
        key = asyncssh.import_public_key(self._bastion.authorized_key)
        self._log(f"Accepted publickey for {self._user} from {self._from} ssh2: {_shown(key)}")

    def session_requested(self) -> bool:
        """No shell, no command, no subsystem."""
        self._log(f"Refused a session to {self._user} from {self._from}: forwarding only")
        raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "forwarding only")

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Any:  # noqa: ARG002
        """Refuse what PermitOpen does not name; connect to the rest as the instance."""
        where = f"{dest_host} port {dest_port}"
        if (dest_host, dest_port) not in self._bastion.config.permit_open:
            self._log(f"Received request to connect to {where}, but the request was denied.")
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed")
        return self._connected(dest_host, dest_port)

    async def _connected(self, host: str, port: int) -> forward.Forward:
        try:
            reader, writer = await forward.dial(host, port, self._bastion.groups())
        except OSError as error:
            self._log(f"connect_to {host} port {port}: failed: {error}")
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection timed out") from error
        self._log(f"Forwarding {self._user} from {self._from} to {host} port {port}")
        return forward.Forward(reader, writer)


def _shown(key: asyncssh.SSHKey) -> str:
    """`ED25519 SHA256:...`, as sshd logs a key."""
    return f"{key.get_algorithm().removeprefix('ssh-').upper()} {key.get_fingerprint()}"


def line(host: str, text: str) -> str:
    """A line as sshd leaves it in /var/log/secure."""
    return f"{time.strftime('%b %e %H:%M:%S', time.gmtime())} {host} sshd: {text}"
