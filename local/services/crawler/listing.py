"""Lists what a crawler's S3 target holds, in the order of the keys."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from local.services.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class S3Object:
    """One object below a target.

    Args:
        bucket: Its bucket.
        key: Its whole key.
        size: Its length in bytes.
        folders: The path segments between the target and the file's name.
    """

    bucket: str
    key: str
    size: int
    folders: tuple[str, ...]

    @property
    def uri(self) -> str:
        """Its s3:// address."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, kw_only=True)
class Target:
    """An S3 target: a bucket or a prefix, with the globs of what to leave out."""

    bucket: str
    prefix: str
    exclusions: tuple[str, ...] = ()
    sample_size: int | None = None

    @property
    def uri(self) -> str:
        """Its s3:// address, ending in a slash."""
        return f"s3://{self.bucket}/{self.prefix}"


def target(described: dict[str, Any]) -> Target:
    """The target that a crawler's definition describes.

    Raises:
        Refusal: when the path is no s3:// address.

    Example:
        >>> target({"Path": "s3://lake/raw"}).uri
        's3://lake/raw/'
    """
    parts = urlsplit(str(described.get("Path", "")))
    if parts.scheme != "s3" or not parts.netloc:
        raise Refusal(
            "InvalidInputException",
            f"Target path {described.get('Path')!r} is no S3 location; write s3://bucket/prefix/.",
        )
    prefix = parts.path.strip("/")
    return Target(
        bucket=parts.netloc,
        prefix=f"{prefix}/" if prefix else "",
        exclusions=tuple(described.get("Exclusions") or ()),
        sample_size=int(described["SampleSize"]) if described.get("SampleSize") else None,
    )


def objects(s3: Any, wanted: Target) -> list[S3Object]:
    """The data objects of a target; empty ones, hidden ones (`_x`, `.x`) and excluded ones are left out."""
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=wanted.bucket, Prefix=wanted.prefix):
        for entry in page.get("Contents") or []:
            inside = entry["Key"].removeprefix(wanted.prefix)
            parts = inside.split("/")
            if entry["Size"] == 0 or any(part.startswith(("_", ".")) and "=" not in part for part in parts):
                continue
            if any(_globbed(inside, pattern) for pattern in wanted.exclusions):
                continue
            found.append(
                S3Object(
                    bucket=wanted.bucket, key=entry["Key"], size=entry["Size"], folders=tuple(parts[:-1])
                )
            )
    return found


def _globbed(path: str, pattern: str) -> bool:
    """Glue's globs: `*` stops at a slash, `**` does not.

    Example:
        >>> _globbed("a/b.csv", "*.csv"), _globbed("a/b.csv", "**.csv")
        (False, True)
    """
    if "**" in pattern:
        return fnmatch.fnmatchcase(path, pattern)
    same_depth = path.count("/") == pattern.count("/")
    return same_depth and all(
        fnmatch.fnmatchcase(part, glob)
        for part, glob in zip(path.split("/"), pattern.split("/"), strict=True)
    )
