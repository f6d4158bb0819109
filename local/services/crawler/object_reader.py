"""Reads parts of an S3 object, so that a footer costs one small request and not the file."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.services.crawler.listing import S3Object

_TAIL = 64 * 1024


class ObjectReader(io.RawIOBase):
    """A seekable file over ranged GETs; the last 64 KiB are fetched once and kept.

    Args:
        s3: The client whose rights apply.
        found: The object.
    """

    def __init__(self, s3: Any, found: S3Object) -> None:
        super().__init__()
        self._s3 = s3
        self._object = found
        self._position = 0
        self._tail_start = max(0, found.size - _TAIL)
        self._tail: bytes | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position, in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves the position."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._object.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer from the position on."""
        view = memoryview(buffer)
        data = self.part(self._position, len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def part(self, start: int, length: int) -> bytes:
        """The bytes from `start`, at most `length` of them."""
        end = min(start + length, self._object.size)
        if start >= end:
            return b""
        if start >= self._tail_start:
            if self._tail is None:
                self._tail = self._get(self._tail_start, self._object.size)
            return self._tail[start - self._tail_start : end - self._tail_start]
        return self._get(start, end)

    def _get(self, start: int, end: int) -> bytes:
        answer = self._s3.get_object(
            Bucket=self._object.bucket, Key=self._object.key, Range=f"bytes={start}-{end - 1}"
        )
        return bytes(answer["Body"].read())
