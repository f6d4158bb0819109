"""The raw files that hold a person's rows: every version of them, what its lock is and until when it stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.contracts.sql_text import quoted, relation, text
from data_platform.contracts.tables import RAW_PARTITION
from operations.erasure_targets import ERASER, raw_conditions
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.erasure_targets import Person

_UNLOCKED = ("NoSuchObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "InvalidRequest")


@dataclass(frozen=True, kw_only=True)
class RawVersion:
    """One version of one object. `mode` is the lock's, or empty; `until` is when it may and will go at the earliest."""

    dataset: str
    key: str
    version: str
    mode: str
    locked_until: str
    deleted_after: str


def versions(
    connection: Connection, naming: Naming, whose: Person, days: Mapping[str, Sequence[str]]
) -> Iterator[RawVersion]:
    """Every version of every raw object with rows of the person, of the days that are known."""
    client = connection.client("s3")
    bucket = naming.bucket("raw")
    locked = _locks(client, bucket)
    keep = {dataset.name: dataset.retention.days for dataset in whose.domain.datasets}
    for name, condition in raw_conditions(whose, naming).items():
        for key in _keys(connection, naming, name, condition, days.get(name, ())):
            for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
                for found in page.get("Versions", []):
                    if found["Key"] == key:
                        lock = _lock(client, bucket, found) if locked else ("", "")
                        yield _version(name, found, lock, keep[name])


def _keys(
    connection: Connection, naming: Naming, name: str, condition: str, days: Sequence[str]
) -> list[str]:
    if not days:
        return []
    listed = ", ".join(text(day) for day in days)
    sql = (
        f'SELECT DISTINCT "$path" FROM {relation(naming.database("raw"), name)} '
        f"WHERE {quoted(RAW_PARTITION.name)} IN ({listed}) AND {condition} ORDER BY 1"
    )
    rows = ask(connection, sql, workgroup=naming.workgroup_of(ERASER)).rows
    return [str(path).removeprefix(f"s3://{naming.bucket('raw')}/") for (path,) in rows]


def _locks(client: Any, bucket: str) -> bool:
    """Whether the bucket locks what arrives; where it does not, its policy refuses locks by hand, too."""
    from botocore.exceptions import ClientError

    try:
        configuration = client.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNLOCKED:
            return False
        raise
    return "Rule" in configuration


def _lock(client: Any, bucket: str, found: Mapping[str, Any]) -> tuple[str, str]:
    """Mode and last day of a version's lock; empty without one."""
    from botocore.exceptions import ClientError

    try:
        retention = client.get_object_retention(
            Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"]
        )["Retention"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNLOCKED:
            return "", ""
        raise
    return retention["Mode"], retention["RetainUntilDate"].date().isoformat()


def _version(name: str, found: Mapping[str, Any], lock: tuple[str, str], keep_days: int) -> RawVersion:
    end = found["LastModified"] + dt.timedelta(days=keep_days)
    return RawVersion(
        dataset=name,
        key=found["Key"],
        version=found["VersionId"],
        mode=lock[0],
        locked_until=lock[1],
        deleted_after=end.date().isoformat(),
    )
