"""Connections to DB instances from inside this process, on behalf of a member of the network: the bastion."""

from __future__ import annotations

import asyncio
import socket

from local.services.rds import front, instances, sources

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_BUFFER = 1 << 20


class NotReachable(ConnectionRefusedError):
    """No instance has this endpoint, or the security groups let the connection not through; the text says which."""


async def open_connection(
    host: str, port: int, *, source_groups: tuple[str, ...] | list[str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the instance with this endpoint as who has these security groups.

    Args:
        host: the endpoint's address, as DescribeDBInstances says it.
        port: the endpoint's port.
        source_groups: the security groups on the source's network interface.

    Raises:
        NotReachable: See there; nothing was connected.
    """
    running = instances.at(port) if host.lower() in _HERE else None
    if running is None:
        raise NotReachable(f"No DB instance has the endpoint {host}:{port}")
    groups = tuple(source_groups)
    if not groups or not _reaches(running, groups):
        raise NotReachable(
            f"The security groups {', '.join(groups) or '(none)'} do not reach the DB instance "
            f"{running.record['DBInstanceIdentifier']} at port {running.record['_ConfiguredPort']}"
        )
    connection = socket.socket()
    connection.setblocking(False)  # noqa: FBT003 - its own signature
    connection.bind(("127.0.0.1", 0))
    local = int(connection.getsockname()[1])
    sources.expect(local, groups)
    try:
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        return await asyncio.open_connection(sock=connection, limit=_BUFFER)
    except OSError as error:
        sources.forget(local)
        connection.close()
        raise NotReachable(f"The DB instance at {host}:{port} does not answer: {error}") from error


def _reaches(running: instances.Running, groups: tuple[str, ...]) -> bool:
    from ministack.core.responses import request_scope

    with request_scope(running.account, running.region):
        return front.admits(running.record, sources.Source(groups=groups))
