"""The frame that AWS Glue's serializers put around a value: version, compression, schema version id, the value."""

from __future__ import annotations

import uuid
import zlib

from stream_loader.poison import Poison

MAGIC, PLAIN, ZLIB = 0x03, 0x00, 0x05
HEADER = 18  # bytes: one of version, one of compression, 16 of the id
LARGEST = 1 << 20  # bytes of a value as it is sent
_USUAL = bytes([MAGIC, PLAIN])
_LARGEST_INFLATED = 16 << 20


def unframed(value: bytes) -> tuple[bytes, bytes]:
    """The id of the schema version, as 16 bytes, and the value itself.

    Raises:
        Poison: `RecordTooLarge`, `TruncatedValue` or `BadMagic`, or `UndecodableValue` when it does not inflate.

    Example:
        >>> unframed(bytes([3, 0]) + bytes(16) + b"row")[1]
        b'row'
    """
    if value[:2] == _USUAL and HEADER <= len(value) <= LARGEST:
        return value[2:HEADER], value[HEADER:]
    if len(value) > LARGEST:
        raise Poison(
            "RecordTooLarge", f"the value has {len(value)} bytes; a stream takes {LARGEST}: send a reference"
        )
    if len(value) < HEADER:
        if value and value[0] != MAGIC:
            raise _no_frame(value[0])
        raise Poison(
            "TruncatedValue", f"the value has {len(value)} bytes, and Glue's frame alone has {HEADER}"
        )
    if value[0] != MAGIC:
        raise _no_frame(value[0])
    if value[1] != ZLIB:
        raise Poison(
            "BadMagic", f"the compression byte is 0x{value[1]:02x}; Glue's are 0x00 (none) and 0x05 (zlib)"
        )
    return value[2:HEADER], _inflated(value[HEADER:])


def version_id(version: bytes) -> str:
    """A schema version's id as the registry spells it.

    Example:
        >>> version_id(bytes(15) + b"a")
        '00000000-0000-0000-0000-000000000061'
    """
    return str(uuid.UUID(bytes=version))


def _no_frame(first: int) -> Poison:
    return Poison(
        "BadMagic",
        f"the value begins with 0x{first:02x}, Glue's frame with 0x{MAGIC:02x}: send with Glue's serializer",
    )


def _inflated(body: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        value = inflater.decompress(body, _LARGEST_INFLATED)
    except zlib.error:
        raise Poison("UndecodableValue", "the compressed value is no zlib stream") from None
    if inflater.unconsumed_tail:
        raise Poison("RecordTooLarge", f"the value inflates to more than {_LARGEST_INFLATED} bytes")
    if not inflater.eof:
        raise Poison("TruncatedValue", "the compressed value ends before its end")
    if inflater.unused_data:
        raise Poison("UndecodableValue", "bytes follow the compressed value")
    return value
