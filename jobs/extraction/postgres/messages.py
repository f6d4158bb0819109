"""Messages of PostgreSQL's protocol 3.0, as bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TLS_REQUEST = struct.pack(">II", 8, 80_877_103)
TERMINATE = b"X\x00\x00\x00\x04"
_PROTOCOL = 196_608
_INT = struct.Struct(">I")


def startup(parameters: Mapping[str, str]) -> bytes:
    r"""The first message: who wants which database.

    Example:
        >>> startup({"user": "u"})[8:]
        b'user\x00u\x00\x00'
    """
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items()) + b"\0"
    return _INT.pack(len(body) + 8) + _INT.pack(_PROTOCOL) + body


def message(kind: bytes, body: bytes) -> bytes:
    r"""Any later message.

    Example:
        >>> message(b"p", b"hi")
        b'p\x00\x00\x00\x06hi'
    """
    return kind + _INT.pack(len(body) + 4) + body


def query(sql: str) -> bytes:
    """A simple query."""
    return message(b"Q", sql.encode() + b"\0")


def fields_of_error(body: bytes) -> dict[str, str]:
    r"""The fields of an error by their letter: C is the SQLSTATE, M the message.

    Example:
        >>> fields_of_error(b"SERROR\0C42P01\0Mno table\0\0")["C"]
        '42P01'
    """
    parts = body.rstrip(b"\0").split(b"\0")
    return {part[:1].decode(): part[1:].decode(errors="replace") for part in parts if part}


def text_row(body: bytes) -> tuple[str | None, ...]:
    r"""The values of a row in text form.

    Example:
        >>> text_row(b"\0\2\0\0\0\1a\xff\xff\xff\xff")
        ('a', None)
    """
    return tuple(_values(body))


def _values(body: bytes) -> Iterator[str | None]:
    (count,) = struct.unpack_from(">H", body)
    at = 2
    for _ in range(count):
        (length,) = struct.unpack_from(">i", body, at)
        at += 4
        if length < 0:
            yield None
        else:
            yield body[at : at + length].decode()
            at += length
