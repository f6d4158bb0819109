"""The beginning of a Kafka connection: clients prove by IAM who they are, the front proves itself to the broker.

Frames of the Kafka protocol: a length, then API key, API version, correlation id and client id, then the body.
Only three requests can come before a client has logged in: ApiVersions, SaslHandshake and SaslAuthenticate.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.services.msk import iam_token

if TYPE_CHECKING:
    from local.engines.kafka import Broker

logger = logging.getLogger("local.msk")

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_BUFFER = 1 << 20
_LONGEST_FRAME = 1 << 17
_HANDSHAKE, _API_VERSIONS, _AUTHENTICATE = 17, 18, 36
_MECHANISMS = ("AWS_MSK_IAM", "OAUTHBEARER")
_UNSUPPORTED_MECHANISM, _AUTHENTICATION_FAILED = 33, 58
_FLEXIBLE = 2


class Refused(ConnectionAbortedError):
    """The broker does not know us, or a client does not speak Kafka's protocol."""


@dataclass(frozen=True, kw_only=True)
class _Frame:
    whole: bytes
    key: int
    version: int
    correlation: int
    body: bytes


async def connect(broker: Broker, door: str) -> Streams:
    """A connection to the listener behind a door, logged in as the broker's owner.

    Raises:
        Refused: The broker does not let us in.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", broker.port_behind(door), limit=_BUFFER)
    for key, body in (
        (_HANDSHAKE, _text(b"PLAIN")),
        (_AUTHENTICATE, _bytes(f"\0{broker.user}\0{broker.password}".encode())),
    ):
        writer.write(
            _framed(struct.pack("!hhi", key, 1 if key == _HANDSHAKE else 0, 0) + _text(b"front") + body)
        )
        answer = await _read(reader)
        if struct.unpack_from("!h", answer, 4)[0] != 0:
            writer.transport.abort()
            raise Refused("the broker does not let its own front in")
    return reader, writer


async def log_in(client: Streams, broker: Streams, cluster_arn: str) -> bool:
    """Lead a client through its login; False when it was refused, told so in the protocol's words.

    Raises:
        Refused: It asked for something else before it had logged in.
    """
    mechanism = ""
    while True:
        frame = _parsed(await _read(client[0]))
        if frame.key == _API_VERSIONS:
            broker[1].write(_framed(frame.whole))
            client[1].write(_framed(await _read(broker[0])))
        elif frame.key == _HANDSHAKE:
            wanted = _first_text(frame.body)
            mechanism = wanted if wanted in _MECHANISMS else ""
            client[1].write(_handshake_answer(frame, 0 if mechanism else _UNSUPPORTED_MECHANISM))
        elif frame.key == _AUTHENTICATE and mechanism:
            return await _authenticate(client[1], frame, mechanism, cluster_arn)
        else:
            raise Refused(f"API key {frame.key} came before the login")


async def _authenticate(
    writer: asyncio.StreamWriter, frame: _Frame, mechanism: str, cluster_arn: str
) -> bool:
    given = _first_bytes(frame)
    found = await asyncio.to_thread(iam_token.checked, mechanism, given, cluster_arn)
    if found.problem:
        logger.warning("%s: a client is refused: %s", cluster_arn.split("/")[1], found.problem)
    code = _AUTHENTICATION_FAILED if found.problem else 0
    writer.write(_authenticate_answer(frame, code, found.problem, found.answer))
    await writer.drain()
    return not found.problem


async def _read(reader: asyncio.StreamReader) -> bytes:
    length = struct.unpack("!i", await reader.readexactly(4))[0]
    if not 0 < length <= _LONGEST_FRAME:
        raise Refused(f"a frame of {length} bytes before the login")
    return await reader.readexactly(length)


def _parsed(content: bytes) -> _Frame:
    """A request; from the second version of a flexible one on, tags follow the client id."""
    key, version, correlation, name = struct.unpack_from("!hhih", content)
    begin = struct.calcsize("!hhih") + max(name, 0)
    if key == _AUTHENTICATE and version >= _FLEXIBLE:
        _, begin = _unsigned(content, begin)
    return _Frame(whole=content, key=key, version=version, correlation=correlation, body=content[begin:])


def _framed(content: bytes) -> bytes:
    return struct.pack("!i", len(content)) + content


def _text(value: bytes) -> bytes:
    return struct.pack("!h", len(value)) + value


def _bytes(value: bytes) -> bytes:
    return struct.pack("!i", len(value)) + value


def _first_text(body: bytes) -> str:
    length = struct.unpack_from("!h", body)[0]
    return body[2 : 2 + length].decode("utf-8", "replace")


def _first_bytes(frame: _Frame) -> bytes:
    if frame.version >= _FLEXIBLE:
        length, begin = _unsigned(frame.body, 0)
        return frame.body[begin : begin + length - 1]
    length = struct.unpack_from("!i", frame.body)[0]
    return frame.body[4 : 4 + length]


def _handshake_answer(frame: _Frame, code: int) -> bytes:
    names = b"".join(_text(name.encode()) for name in _MECHANISMS)
    return _framed(struct.pack("!ihi", frame.correlation, code, len(_MECHANISMS)) + names)


def _authenticate_answer(frame: _Frame, code: int, problem: str, answer: bytes) -> bytes:
    """Without a time after which the client must prove itself again: a connection lasts as long as it is open."""
    told = problem.encode()
    if frame.version >= _FLEXIBLE:
        body = struct.pack("!ibh", frame.correlation, 0, code) + _compact(told) + _compact(answer)
        return _framed(body + struct.pack("!q", 0) + b"\0")
    text = _text(told) if problem else struct.pack("!h", -1)
    lifetime = struct.pack("!q", 0) if frame.version == 1 else b""
    return _framed(struct.pack("!ih", frame.correlation, code) + text + _bytes(answer) + lifetime)


def _compact(value: bytes) -> bytes:
    """A value after its length and one, as a variable-length number."""
    number, head = len(value) + 1, b""
    while number > 0x7F:  # noqa: PLR2004 - seven bits a byte
        head += bytes([number & 0x7F | 0x80])
        number >>= 7
    return head + bytes([number]) + value


def _unsigned(content: bytes, begin: int) -> tuple[int, int]:
    """A variable-length number, and where what follows begins."""
    number = shift = 0
    while True:
        byte = content[begin]
        begin += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number, begin
        shift += 7
