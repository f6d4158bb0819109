"""The only door to an instance's engine: a port that asks the security groups before it reads a byte."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from local import ports
from local.services import network_reach
from local.services.rds import folders, parameters, sources
from local.services.rds.logins import mysql, postgres

if TYPE_CHECKING:
    from local.services.rds.instances import Running

logger = logging.getLogger("local.rds")

_CHUNK = 1 << 18
_BUFFER = 1 << 20
_LOGIN_SECONDS = 60
_LAST_WORD_SECONDS = 5
_ATTEMPTS = 20
_WORKERS = 16


class Front:
    """The listener of one instance."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[Any]] = set()
        self._running: Running | None = None

    def open(self, running: Running, port: int) -> None:
        """Listen on a port of the loopback interface, or on another free one when it is taken.

        Raises:
            local.ports.NoPortError: There is none.
        """
        self._running = running
        asyncio.run_coroutine_threadsafe(self._listen(port), loop()).result()

    def close(self) -> None:
        """Stop listening and close every connection."""
        asyncio.run_coroutine_threadsafe(self._end(), loop()).result()

    async def _listen(self, port: int) -> None:
        for _ in range(_ATTEMPTS):
            try:
                self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=_BUFFER)
            except OSError:
                port = ports.choose(None, pair=False)
            else:
                self.port = port
                return
        raise ports.NoPortError(f"Port {port} and {_ATTEMPTS} others are taken")

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._serve(reader, writer)
            await _said_all(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
            return
        except Exception:
            logger.exception("A connection to a DB instance failed")
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from ministack.core.responses import request_scope

        running = self._running
        if running is None:
            return
        with request_scope(running.account, running.region):
            port = int(writer.get_extra_info("peername")[1])
            source = await asyncio.to_thread(sources.of_port, port)
            if not admits(running.record, source):
                return
            login = postgres if running.record["Engine"] == "postgres" else mysql
            async with asyncio.timeout(_LOGIN_SECONDS):
                wanted = functools.partial(tls_context, _least_version(running.record))
                engine = await login.log_in(running, reader, writer, wanted)
        if engine is not None:
            await relay((reader, writer), engine)


async def _said_all(writer: asyncio.StreamWriter) -> None:
    """Close a connection behind its last word: an abort would drop what is not sent yet, as a refusal's reason."""
    writer.close()
    async with asyncio.timeout(_LAST_WORD_SECONDS):
        await writer.wait_closed()


def admits(record: dict[str, Any], source: sources.Source) -> bool:
    """Whether the security groups let this source reach an instance at its configured port.

    Who is outside of the network reaches a publicly accessible instance only, by rules for its address.
    """
    groups = [entry["VpcSecurityGroupId"] for entry in record.get("VpcSecurityGroups") or []]
    port = int(record["_ConfiguredPort"])
    if source.is_outside:
        public = bool(record.get("PubliclyAccessible"))
        return public and network_reach.admits(groups, port=port, source_ip=source.address)
    leaves = network_reach.releases(source.groups, port=port, destination_groups=groups)
    return leaves and network_reach.admits(groups, port=port, source_groups=source.groups)


def _least_version(record: dict[str, Any]) -> ssl.TLSVersion:
    wanted = parameters.of_instance(record).get("ssl_min_protocol_version", "")
    return ssl.TLSVersion.TLSv1_3 if wanted == "TLSv1.3" else ssl.TLSVersion.TLSv1_2


@cache
def tls_context(least: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """TLS of this version or a later one, with the certificate of our authority for localhost."""
    folder = folders.certificates()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = least
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


@cache
def loop() -> asyncio.AbstractEventLoop:
    """The loop of all fronts, on a thread of its own: traffic of databases never holds the API up."""
    made = asyncio.new_event_loop()
    made.set_default_executor(ThreadPoolExecutor(_WORKERS, thread_name_prefix="rds-login"))
    threading.Thread(target=made.run_forever, daemon=True, name="rds-fronts").start()
    return made


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def relay(client: _Streams, engine: _Streams) -> None:
    """Pass bytes on until one side closes."""
    ways = [
        asyncio.create_task(_pass_on(client[0], engine[1])),
        asyncio.create_task(_pass_on(engine[0], client[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(5):
                await client[1].drain()
                client[1].close()
                await client[1].wait_closed()
    finally:
        for way in ways:
            way.cancel()
        engine[1].transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
