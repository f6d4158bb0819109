"""A file that is uploaded while it is written: nothing of it is there before its last byte."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from typing_extensions import Buffer

PART = 8 << 20  # bytes; S3 takes 10,000 parts of at least 5 MB
_AT_ONCE = 2


class Upload:
    """One object in S3, as a file that Parquet can be written into.

    A small one is put at once, a larger one by multipart. S3 makes both whole or not at all.

    Args:
        s3: Client; it repeats what S3 throttles.
        bucket: Where to.
        key: And as what.
    """

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self._s3, self._place = s3, {"Bucket": bucket, "Key": key}
        self.key = key
        self.bytes = 0
        self.closed = False
        self._digest = hashlib.sha256()
        self._part, self._filled = bytearray(PART), 0
        self._spare: list[bytearray] = []
        self._id: str | None = None
        self._sent: list[Future[dict[str, Any]]] = []
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="upload")

    def write(self, data: Buffer) -> int:
        """Take bytes; waits while two parts are on their way.

        Raises:
            ClientError: when S3 refused a part before.
        """
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self.bytes += len(view)
        at = 0
        while at < len(view):
            took = min(PART - self._filled, len(view) - at)
            memoryview(self._part)[self._filled : self._filled + took] = view[at : at + took]
            self._filled += took
            at += took
            if self._filled == PART:
                self._send(self._part)
                self._part, self._filled = self._spare.pop() if self._spare else bytearray(PART), 0
        return len(view)

    def flush(self) -> None:
        """Nothing: what is sent is S3's parts."""

    def close(self) -> None:
        """Nothing more is written; `complete` makes the object."""
        self.closed = True

    def tell(self) -> int:
        """How many bytes were written."""
        return self.bytes

    def readable(self) -> bool:
        """It is written only."""
        return False

    def writable(self) -> bool:
        """It is written only."""
        return True

    def seekable(self) -> bool:
        """What is sent is sent."""
        return False

    def complete(self) -> str:
        """Make the object; the SHA-256 of its bytes.

        Raises:
            ClientError: when S3 refuses.
        """
        if self._id is None:
            self._s3.put_object(**self._place, Body=bytes(memoryview(self._part)[: self._filled]))
        else:
            if self._filled:
                self._send(self._part[: self._filled])
            parts = [part.result() for part in self._sent]
            self._s3.complete_multipart_upload(
                **self._place, UploadId=self._id, MultipartUpload={"Parts": parts}
            )
        self._pool.shutdown()
        return self._digest.hexdigest()

    def abort(self) -> None:
        """Give up: S3 forgets the parts. If it cannot be told, the bucket's lifecycle does."""
        self._pool.shutdown(cancel_futures=True)
        if self._id is not None:
            with suppress(ClientError, BotoCoreError):
                self._s3.abort_multipart_upload(**self._place, UploadId=self._id)

    def _send(self, body: bytearray) -> None:
        if self._id is None:
            self._id = str(self._s3.create_multipart_upload(**self._place)["UploadId"])
        if len(self._sent) >= _AT_ONCE:
            self._sent[-_AT_ONCE].result()
        self._sent.append(self._pool.submit(self._sent_part, len(self._sent) + 1, body))

    def _sent_part(self, number: int, body: bytearray) -> dict[str, Any]:
        answer = self._s3.upload_part(**self._place, UploadId=self._id, PartNumber=number, Body=body)
        # The same few megabytes again and again: memory from the kernel is cleared first, and joining holds the lock.
        self._spare.append(body)
        checksums = {
            name: answer[name] for name in answer if name.startswith("Checksum") and name != "ChecksumType"
        }
        return {"PartNumber": number, "ETag": answer["ETag"], **checksums}
