"""Tells a file's format from its content and reads its columns; the unreadable is UNKNOWN, with a reason."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from local.services.crawler import parquet_footer, text_content
from local.services.crawler.found_schema import UNKNOWN, FoundSchema
from local.services.crawler.object_reader import ObjectReader

if TYPE_CHECKING:
    from local.services.crawler.listing import S3Object

_HEAD = 1024 * 1024
_GZIP = b"\x1f\x8b"


def of_object(s3: Any, found: S3Object) -> FoundSchema:
    """The schema of one object.

    Raises:
        botocore.exceptions.ClientError: when it may not be read.
    """
    reader = ObjectReader(s3, found)
    ends_as_parquet = reader.part(max(0, found.size - 4), 4) == parquet_footer.MAGIC
    head = reader.part(0, 4 if ends_as_parquet or found.key.endswith(".parquet") else _HEAD)
    try:
        if ends_as_parquet or head.startswith(parquet_footer.MAGIC):
            return parquet_footer.read(reader)
        return _text(head, found)
    except (pa.ArrowException, OSError, ValueError, zlib.error) as error:
        return FoundSchema(classification=UNKNOWN, reason=f"{found.uri}: {error}")


def _text(head: bytes, found: S3Object) -> FoundSchema:
    if found.key.endswith(".parquet"):
        raise ValueError("it is named .parquet but has no Parquet footer")
    whole, compression = len(head) == found.size, "none"
    if head.startswith(_GZIP):
        inflated = zlib.decompressobj(wbits=31)
        head, compression = inflated.decompress(head, _HEAD), "gzip"
        whole = whole and inflated.eof
    text = head.decode("utf-8", errors="strict" if whole else "ignore")
    return text_content.read(text, whole=whole, size=found.size, compression=compression)
