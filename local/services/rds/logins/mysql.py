"""The beginning of a MySQL connection: is it encrypted where that is forced; the rest is the engine's."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from local.services.rds import parameters

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from local.services.rds.instances import Running

_CLIENT_SSL = 0x0800
_BUFFER = 1 << 20
_SHORTEST = 4
_REFUSAL = "Connections using insecure transport are prohibited while --require_secure_transport=ON."
_CODE = 3159


async def log_in(
    running: Running,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    tls: Callable[[], ssl.SSLContext],
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """Bring a client to the engine, which holds the TLS itself; None when it was refused.

    The engine takes its Unix socket for secure, so the front sees to it that the client asks for TLS.
    """
    del tls
    engine = await asyncio.open_unix_connection(running.server.socket, limit=_BUFFER)
    writer.write(await _packet(engine[0]))
    await writer.drain()
    answer = await _packet(reader)
    (abilities,) = struct.unpack("<H", answer[4:6])
    if not abilities & _CLIENT_SSL and await asyncio.to_thread(parameters.forces_tls, running.record):
        body = b"\xff" + struct.pack("<H", _CODE) + b"#HY000" + _REFUSAL.encode()
        writer.write(struct.pack("<I", len(body))[:3] + bytes([answer[3] + 1]) + body)
        await writer.drain()
        engine[1].transport.abort()
        return None
    engine[1].write(answer)
    return engine


async def _packet(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(4)
    length = int.from_bytes(head[:3], "little")
    if length < _SHORTEST:
        raise ConnectionAbortedError("this is no MySQL client")
    return head + await reader.readexactly(length)
