"""The only doors to a broker: ports that ask the security groups, end TLS, check IAM, and then pass bytes on."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

from local import ports
from local.services import network_reach
from local.services.msk import doors, sasl
from local.services.rds import front as database_front
from local.services.rds import sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from local.engines.kafka import Broker

logger = logging.getLogger("local.msk")

_BUFFER = 1 << 20
_BACKLOG = 128
_ATTEMPTS = 20
_LOGIN_SECONDS = 30


class Front:
    """The listeners of one cluster."""

    def __init__(self) -> None:
        self._record: dict[str, Any] = {}
        self._broker: Broker | None = None
        self._listeners: list[tuple[socket.socket, asyncio.Task[None]]] = []
        self._connections: set[asyncio.Task[None]] = set()

    def open(
        self, record: dict[str, Any], wanted: Sequence[doors.Door], last: Mapping[str, int]
    ) -> dict[str, int]:
        """Listen at a port of the loopback interface for each door; nobody gets in before `admit`.

        Args:
            record: the cluster.
            wanted: its doors.
            last: their ports of last time, preferred.

        Returns:
            The port of each door.

        Raises:
            local.ports.NoPortError: There is none.
        """
        self._record = record
        work = self._listen(wanted, last)
        return asyncio.run_coroutine_threadsafe(work, database_front.loop()).result()

    def admit(self, broker: Broker) -> None:
        """Let clients through to this broker."""
        self._broker = broker

    def close(self) -> None:
        """Stop listening and close every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), database_front.loop()).result()

    async def _listen(self, wanted: Sequence[doors.Door], last: Mapping[str, int]) -> dict[str, int]:
        found: dict[str, int] = {}
        await asyncio.to_thread(database_front.tls_context)  # made before a client looks for our authority
        try:
            for door in wanted:
                found[door.name] = await self._listen_at(door, last.get(door.name))
        except ports.NoPortError:
            await self._end()
            raise
        return found

    async def _listen_at(self, door: doors.Door, last: int | None) -> int:
        port = await asyncio.to_thread(ports.choose, last, pair=False)
        for _ in range(_ATTEMPTS):
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)  # noqa: FBT003 - its own signature
            try:
                listener.bind(("127.0.0.1", port))
                listener.listen(_BACKLOG)
            except OSError:
                listener.close()
                port = await asyncio.to_thread(ports.choose, None, pair=False)
            else:
                self._listeners.append((listener, asyncio.ensure_future(self._accept(door, listener))))
                return port
        raise ports.NoPortError(f"Port {port} and {_ATTEMPTS} others are taken")

    async def _accept(self, door: doors.Door, listener: socket.socket) -> None:
        """Take connections; nothing of one is read before the security groups have been asked."""
        while True:
            connection, address = await asyncio.get_running_loop().sock_accept(listener)
            task = asyncio.ensure_future(self._serve_quietly(door, connection, int(address[1])))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _serve_quietly(self, door: doors.Door, connection: socket.socket, port: int) -> None:
        try:
            await self._serve(door, connection, port)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
            return
        except Exception:
            logger.exception("A connection to an MSK cluster failed")
        finally:
            connection.close()

    async def _end(self) -> None:
        ending = [*(accepting for _, accepting in self._listeners), *self._connections]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        for listener, _ in self._listeners:
            listener.close()

    async def _serve(self, door: doors.Door, connection: socket.socket, port: int) -> None:
        from ministack.core.responses import request_scope

        parts = str(self._record["ClusterArn"]).split(":")
        if self._broker is None:
            return
        with request_scope(parts[4], parts[3]):
            source = await asyncio.to_thread(sources.of_port, port)
            if not admits(self._record, door, source):
                return
            client = await _streams(connection, tls=door.tls)
            try:
                async with asyncio.timeout(_LOGIN_SECONDS):
                    behind = await sasl.connect(self._broker, door.name)
                    if door.iam and not await sasl.log_in(client, behind, self._record["ClusterArn"]):
                        behind[1].transport.abort()
                        return
                await database_front.relay(client, behind)
            finally:
                client[1].transport.abort()


async def _streams(connection: socket.socket, *, tls: bool) -> sasl.Streams:
    """Reader and writer of an accepted connection, after TLS."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_BUFFER)
    protocol = asyncio.StreamReaderProtocol(reader)
    context = database_front.tls_context() if tls else None
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def admits(record: dict[str, Any], door: doors.Door, source: sources.Source) -> bool:
    """Whether the security groups let this source reach a door at the port that it has on MSK.

    Who is outside of the network reaches a public door only, by rules for its address.
    """
    groups = groups_of(record)
    if source.is_outside:
        return door.public and network_reach.admits(groups, port=door.port, source_ip=source.address)
    leaves = network_reach.releases(source.groups, port=door.port, destination_groups=groups)
    return leaves and network_reach.admits(groups, port=door.port, source_groups=source.groups)


def groups_of(record: dict[str, Any]) -> list[str]:
    """The security groups on a cluster's network interfaces; the VPC's default one without any."""
    if record["ClusterType"] == "SERVERLESS":
        configs = record["Serverless"].get("VpcConfigs") or []
        named = [group for one in configs for group in one.get("SecurityGroupIds") or []]
        subnets = [subnet for one in configs for subnet in one.get("SubnetIds") or []]
    else:
        nodes = record["Provisioned"]["BrokerNodeGroupInfo"]
        named, subnets = list(nodes.get("SecurityGroups") or []), list(nodes.get("ClientSubnets") or [])
    return named or _default_groups(subnets)


def _default_groups(subnets: list[str]) -> list[str]:
    from ministack.services import ec2

    vpcs = {(ec2._subnets.get(name) or {}).get("VpcId") for name in subnets} - {None}
    groups = list(ec2._security_groups.values())
    return [one["GroupId"] for one in groups if one["GroupName"] == "default" and one["VpcId"] in vpcs]
