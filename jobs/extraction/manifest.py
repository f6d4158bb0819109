"""The manifest of an extraction: writing it is the commit, of all tables at once."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobs.extraction.parts import Part

_GONE, _THERE, _AT_ONCE = 404, 412, 409
_TRIES = 5


class Manifest:
    """The place of one extraction's manifest.

    Args:
        s3: Client.
        bucket: Raw.
        source: The database.
        ingest_date: The day.
        extraction: Its id; whoever comes with the same id later finds what is there.
    """

    def __init__(self, s3: Any, *, bucket: str, source: str, ingest_date: str, extraction: str) -> None:
        self._s3, self._bucket = s3, bucket
        self.key = f"_extractions/source={source}/ingest_date={ingest_date}/{extraction}.json"

    def found(self) -> dict[str, Any] | None:
        """What is committed, if anything is.

        Raises:
            ClientError: when S3 refuses.
        """
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=self.key)
        except ClientError as error:
            # Whoever may not list the bucket is denied what is not there; what is there may be read.
            if _status(error) == _GONE or error.response["Error"]["Code"] == "AccessDenied":
                return None
            raise
        content: dict[str, Any] = json.loads(answer["Body"].read())
        return content

    def commit(self, content: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Write it unless another was faster; what is committed now, and whether it is ours.

        Raises:
            ClientError: when S3 refuses.
        """
        body = json.dumps(content, sort_keys=True, indent=1).encode()
        for _ in range(_TRIES):
            try:
                self._s3.put_object(
                    Bucket=self._bucket,
                    Key=self.key,
                    Body=body,
                    ContentType="application/json",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if _status(error) not in (_THERE, _AT_ONCE):
                    raise
            else:
                return content, True
            other = self.found()
            if other is not None:
                # A repeated PUT of ours meets its first attempt, whose answer was lost.
                return other, other == json.loads(body)
        raise RuntimeError(f"s3://{self._bucket}/{self.key} is being written and never there")


def table_entry(prefix: str, parts: Sequence[Part], *, low: str | None, high: str | None) -> dict[str, Any]:
    """What the manifest says of a table; its digest is over the digests of its files, in order."""
    files = [{"key": p.key, "rows": p.rows, "bytes": p.bytes, "sha256": p.sha256} for p in parts]
    return {
        "prefix": prefix,
        "rows": sum(part.rows for part in parts),
        "bytes": sum(part.bytes for part in parts),
        "sha256": hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest(),
        "files": files,
        "low": low,
        "high": high,
    }


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
