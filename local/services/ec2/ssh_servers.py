"""Which instances have an SSH server on this laptop: those that run, have a public address and configure one."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import asyncssh

from local import persistence, ports
from local.services import logs
from local.services.ec2 import ssh_door, sshd_config
from local.services.ec2.ssh_door import Bastion, Door

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.ec2")

ADDRESS = "127.0.0.1"
# On a laptop port 22 is somebody else's: this tag of the instance says which one is meant.
PORT_TAG = "local:ssh-port"
_ATTEMPTS = 20
_LOGIN_SECONDS = 30
_LONGEST_LOOK_SECONDS = 60.0
_CALL_SECONDS = 10
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sshd-log")
_running: dict[str, _Server] = {}
_one_at_a_time = threading.RLock()


@dataclass(kw_only=True)
class _Server:
    bastion: Bastion
    host_key: str
    port: int = 0
    acceptor: asyncssh.SSHAcceptor | None = None
    doors: set[Door] = field(default_factory=set)
    idle: asyncio.Task[None] | None = None


def reconcile(instance: dict[str, Any], *, on_idle: Callable[[str], None]) -> None:
    """Start, restart or stop the server of an instance, as its record now asks for.

    Args:
        instance: ministack's record, of the current account and region.
        on_idle: Told the id of an instance whose configuration stops it, when nobody came for long enough.
    """
    with _one_at_a_time:
        wanted = _wanted(instance)
        server = _running.get(instance["InstanceId"])
        if server is not None and server.bastion != wanted:
            stop(instance["InstanceId"])
            server = None
        if wanted is not None and server is None:
            _start(instance, wanted, on_idle)


def stop(instance_id: str) -> None:
    """End the server of an instance and every session on it; one without a server is fine."""
    from ministack.services import ec2

    with _one_at_a_time:
        server = _running.pop(instance_id, None)
        if server is not None:
            _call(_close(server))
        kept = [tag for tag in ec2._tags.get(instance_id) or [] if tag["Key"] != PORT_TAG]
        if kept:
            ec2._tags[instance_id] = kept


def _wanted(instance: dict[str, Any]) -> Bastion | None:
    from ministack.core.responses import get_account_id, get_region

    config = sshd_config.parse(instance.get("UserData") or "")
    key = instance.get("_AuthorizedKey")
    if instance["State"]["Name"] != "running" or not instance.get("PublicIpAddress") or not config or not key:
        return None
    return Bastion(
        instance_id=instance["InstanceId"],
        account=get_account_id(),
        region=get_region(),
        config=config,
        authorized_key=key,
    )


def _start(instance: dict[str, Any], bastion: Bastion, on_idle: Callable[[str], None]) -> None:
    from ministack.services import ec2

    kept = instance.setdefault("_Sshd", {})
    if "HostKey" not in kept:
        kept["HostKey"] = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    server = _Server(bastion=bastion, host_key=kept["HostKey"])
    _call(_listen(server, ports.choose(kept.get("Port"), pair=False), on_idle))
    kept["Port"] = server.port
    others = [tag for tag in ec2._tags.get(bastion.instance_id) or [] if tag["Key"] != PORT_TAG]
    ec2._tags[bastion.instance_id] = [*others, {"Key": PORT_TAG, "Value": str(server.port)}]
    _running[bastion.instance_id] = server
    _log(bastion, f"Server listening on {ADDRESS} port {server.port}.")
    persistence.touch()


async def _listen(server: _Server, port: int, on_idle: Callable[[str], None]) -> None:
    log = partial(_log, server.bastion)
    for _ in range(_ATTEMPTS):
        try:
            server.acceptor = await asyncssh.listen(
                ADDRESS,
                port,
                server_host_keys=[asyncssh.import_private_key(server.host_key)],
                server_factory=lambda: Door(server.bastion, log, server.doors),
                password_auth=False,
                kbdint_auth=False,
                host_based_auth=False,
                agent_forwarding=False,
                x11_forwarding=False,
                allow_pty=False,
                login_timeout=_LOGIN_SECONDS,
                keepalive_interval=60,
            )
        except OSError:
            port = ports.choose(None, pair=False)
        else:
            server.port = port
            break
    else:
        raise ports.NoPortError(f"Port {port} and {_ATTEMPTS} others are taken")
    if server.bastion.config.idle_seconds:
        server.idle = asyncio.ensure_future(_watch(server, on_idle))


async def _close(server: _Server) -> None:
    if server.idle is not None:
        server.idle.cancel()
    if server.acceptor is not None:
        server.acceptor.close()
    for door in list(server.doors):
        door.end()


async def _watch(server: _Server, on_idle: Callable[[str], None]) -> None:
    """What the timer in the instance does: look whether somebody is there, and stop it when nobody was for long."""
    most = server.bastion.config.idle_seconds
    seen = time.monotonic()
    while time.monotonic() - seen < most:
        await asyncio.sleep(min(_LONGEST_LOOK_SECONDS, max(most / 10, 0.1)))
        if any(door.is_session for door in server.doors):
            seen = time.monotonic()
    _log(server.bastion, f"Nobody came for {most} s: the system will power off now")
    await asyncio.to_thread(_in_scope(server.bastion, partial(on_idle, server.bastion.instance_id)))


def _log(bastion: Bastion, text: str) -> None:
    """Write a line beside the traffic, in order; what a log group's readers do must not hold the traffic up."""
    line = ssh_door.line(bastion.instance_id, text)
    group, stream = bastion.config.log_group, bastion.instance_id
    if group:
        _writer.submit(_in_scope(bastion, partial(logs.write, group, stream, [(logs.now_ms(), line)])))


def _in_scope(bastion: Bastion, act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        from ministack.core.responses import request_scope

        try:
            with request_scope(bastion.account, bastion.region):
                act()
        except Exception:
            logger.exception("The SSH server of %s", bastion.instance_id)

    return partial(contextvars.Context().run, run)


def _call(coroutine: Any) -> None:
    asyncio.run_coroutine_threadsafe(coroutine, _loop()).result(timeout=_CALL_SECONDS)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The loop of all SSH servers, on a thread of its own: traffic through a tunnel never holds the API up."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, daemon=True, name="sshd").start()
    return made
