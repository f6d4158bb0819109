"""One forwarded connection: bytes between an SSH channel and the destination, as fast as the slower side takes them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import asyncssh

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK = 1 << 16


class Forward(asyncssh.SSHTCPSession[bytes]):
    """The channel's end of a forwarded connection.

    Args:
        reader: What the destination sends.
        writer: Takes what the channel sends.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._channel: Any = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._inwards: asyncio.Task[None] | None = None
        self._draining: asyncio.Task[None] | None = None

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        """Remember the channel."""
        self._channel = chan

    def session_started(self) -> None:
        """Start to pass on what the destination sends."""
        self._inwards = asyncio.ensure_future(self._pass_in())

    def data_received(self, data: bytes, datatype: int | None) -> None:  # noqa: ARG002 - asyncssh's signature
        """Pass on what the client sends; when the destination is slower, the client waits."""
        self._writer.write(data)
        if self._draining is None:
            self._draining = asyncio.ensure_future(self._drain())

    def eof_received(self) -> bool:
        """Tell the destination that the client has said all; keep the other way open."""
        with contextlib.suppress(OSError):
            self._writer.write_eof()
        return True

    def pause_writing(self) -> None:
        """The channel is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The channel takes data again."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        """Close the destination's end with the channel."""
        for task in (self._inwards, self._draining):
            if task is not None:
                task.cancel()
        self._writer.close()

    async def _drain(self) -> None:
        self._channel.pause_reading()
        with contextlib.suppress(OSError):
            await self._writer.drain()
        self._draining = None
        self._channel.resume_reading()

    async def _pass_in(self) -> None:
        with contextlib.suppress(OSError):
            while data := await self._reader.read(_CHUNK):
                self._channel.write(data)
                await self._writable.wait()
        self._channel.close()


async def dial(
    host: str, port: int, groups: Sequence[str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to a destination as a member of these security groups.

    Raises:
        ConnectionRefusedError: Nothing is there, or the security groups do not let it through.
    """
    from local.services.rds import endpoints

    return await endpoints.open_connection(host, port, source_groups=tuple(groups))
