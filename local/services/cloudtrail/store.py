"""The one way in which CloudTrail writes to a trail's bucket: gzip, under the trail's key, as S3 would store it."""

from __future__ import annotations

import gzip
from typing import Any

from local.services.s3 import encryption

Trail = dict[str, Any]


class NotStored(RuntimeError):
    """S3 refused an object of a trail."""


def put(trail: Trail, key: str, text: bytes, metadata: dict[str, str] | None = None) -> None:
    """Store a text as a gzip object. Call it on the event loop, in the account of the trail.

    Raises:
        NotStored: S3 refuses it.
    """
    from ministack.services import s3

    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    headers |= {f"x-amz-meta-{name}": value for name, value in (metadata or {}).items()}
    if trail.get("KmsKeyId"):
        headers |= {encryption.ALGORITHM: "aws:kms", encryption.KEY_ID: trail["KmsKeyId"]}
    token = encryption._own_work.set(True)
    try:
        status, _, body = s3._put_object(
            trail["S3BucketName"], key, gzip.compress(text, compresslevel=5, mtime=0), headers
        )
    finally:
        encryption._own_work.reset(token)
    if status >= 300:  # noqa: PLR2004
        raise NotStored(f"{trail['S3BucketName']}/{key}: {body!r}")
