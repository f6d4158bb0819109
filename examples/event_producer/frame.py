"""The frame of the Glue Schema Registry: version 0x03, compression, 16 bytes of the schema version's id, the value.

Source: https://github.com/awslabs/aws-glue-schema-registry (AWSSchemaRegistryConstants).
"""

from __future__ import annotations

import uuid
import zlib

from event_producer.misfit import Misfit

LARGEST = 1 << 20  # bytes of a value with its frame: what the loader takes
_VERSION, _PLAIN, _ZLIB = 0x03, 0x00, 0x05


def framed(version_id: str, body: bytes, *, compressed: bool = False) -> bytes:
    """A value as the registry's readers expect it.

    Args:
        version_id: Id of the schema version by which it was written.
        body: The value.
        compressed: Whether it is sent as zlib.

    Raises:
        Misfit: when it is larger than a stream takes.

    Example:
        >>> framed("00000000-0000-0000-0000-000000000061", b"row").hex()
        '030000000000000000000000000000000061726f77'
    """
    head = bytes([_VERSION, _ZLIB if compressed else _PLAIN]) + uuid.UUID(version_id).bytes
    value = head + (zlib.compress(body) if compressed else body)
    if len(value) > LARGEST:
        raise Misfit("", f"the record has {len(value)} bytes; a stream takes {LARGEST}: send a reference")
    return value
