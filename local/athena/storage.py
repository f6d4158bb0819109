"""Objects in S3, read and written over HTTP with one session's credentials, a whole object a request.

Small objects are the rule on a laptop, so one GET of the whole beats a HEAD, a footer and ranges.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from botocore.exceptions import ClientError

from local import identity
from local.athena.errors import AthenaError, insufficient_permissions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import boto3

_PARALLEL_READS = 8
_DELETE_BATCH = 1000


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object in a listing; `size` in bytes."""

    bucket: str
    key: str
    size: int

    @property
    def uri(self) -> str:
        """Its s3:// address."""
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// address.

    Raises:
        AthenaError: it is not an s3:// address.

    Example:
        >>> split_uri("s3://bucket/a/b")
        ('bucket', 'a/b')
    """
    parsed = urlparse(uri)
    if parsed.scheme not in {"s3", "s3a", "s3n"} or not parsed.netloc:
        raise AthenaError(
            "INVALID_TABLE_PROPERTY", f"{uri!r} is not an S3 location; it must look like s3://bucket/path/"
        )
    return parsed.netloc, parsed.path.lstrip("/")


class ObjectStore:
    """S3 as one session sees it.

    Args:
        session: whose credentials every request carries.
        write_options: extra arguments of each PutObject, such as its encryption.
    """

    def __init__(self, session: boto3.Session, write_options: dict[str, Any] | None = None) -> None:
        self._s3 = identity.client(session, "s3")
        self._write_options = write_options or {}
        credentials = session.get_credentials()
        self.owner = credentials.access_key if credentials else ""

    def listing(self, location: str) -> list[StoredObject]:
        """The objects below a location, without directory markers and hidden files (`_` or `.` first)."""
        bucket, prefix = split_uri(location if location.endswith("/") else location + "/")
        found: list[StoredObject] = []
        token: dict[str, str] = {}
        while True:
            page = self._call(
                "list_objects_v2", f"s3://{bucket}/{prefix}", Bucket=bucket, Prefix=prefix, **token
            )
            found += [
                StoredObject(bucket=bucket, key=item["Key"], size=item["Size"])
                for item in page.get("Contents", [])
                if not _hidden(item["Key"][len(prefix) :]) and not item["Key"].endswith("/")
            ]
            if not page.get("IsTruncated"):
                return found
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, uri: str) -> bytes:
        """The bytes of an object."""
        bucket, key = split_uri(uri)
        body: bytes = self._call("get_object", uri, Bucket=bucket, Key=key)["Body"].read()
        return body

    def write(self, uri: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Puts an object."""
        bucket, key = split_uri(uri)
        options = {
            "Bucket": bucket,
            "Key": key,
            "Body": data,
            "ContentType": content_type,
            **self._write_options,
        }
        self._call("put_object", uri, **options)

    def exists(self, uri: str) -> bool:
        """Whether the object is there."""
        bucket, key = split_uri(uri)
        try:
            self._s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise _readable(error, uri) from error
        return True

    def delete(self, uris: Iterable[str]) -> None:
        """Deletes objects, a thousand a request."""
        by_bucket: dict[str, list[str]] = {}
        for uri in uris:
            bucket, key = split_uri(uri)
            by_bucket.setdefault(bucket, []).append(key)
        for bucket, keys in by_bucket.items():
            for start in range(0, len(keys), _DELETE_BATCH):
                batch = {
                    "Objects": [{"Key": key} for key in keys[start : start + _DELETE_BATCH]],
                    "Quiet": True,
                }
                self._call("delete_objects", f"s3://{bucket}", Bucket=bucket, Delete=batch)

    def _call(self, operation: str, uri: str, **arguments: Any) -> Any:
        try:
            return getattr(self._s3, operation)(**arguments)
        except ClientError as error:
            raise _readable(error, uri) from error


def in_parallel(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """`work` on each item, a few at a time, results in order."""
    if len(items) <= 1:
        return [work(item) for item in items]
    with ThreadPoolExecutor(min(_PARALLEL_READS, len(items))) as pool:
        return list(pool.map(work, items))


def _hidden(relative_key: str) -> bool:
    return any(part.startswith(("_", ".")) for part in relative_key.split("/") if part)


def _readable(error: ClientError, uri: str) -> AthenaError:
    details = error.response.get("Error", {})
    code, message = details.get("Code", ""), details.get("Message", "")
    if code in {"AccessDenied", "403", "KMS.AccessDeniedException"}:
        return insufficient_permissions(
            f"{message or 'Access Denied'} (Service: Amazon S3; Status Code: 403; Path: {uri})"
        )
    if code in {"NoSuchBucket", "NoSuchKey", "404"}:
        return AthenaError("HIVE_FILESYSTEM_ERROR", f"{message or code} (Service: Amazon S3; Path: {uri})")
    return AthenaError("HIVE_CANNOT_OPEN_SPLIT", f"Error opening {uri}: {code}: {message}")
