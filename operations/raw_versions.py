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
    keep = {dataset.name: dataset.retention.days for dataset in whose.domain.datasets}
    for name, condition in raw_conditions(whose, naming).items():
        for key in _keys(connection, naming, name, condition, days.get(name, ())):
            for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
                for found in page.get("Versions", []):
                    if found["Key"] == key:
                        yield _version(client, bucket, name, found, keep[name])


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


def _version(client: Any, bucket: str, name: str, found: dict[str, Any], keep_days: int) -> RawVersion:
    from botocore.exceptions import ClientError

    mode, until = "", ""
    try:
        retention = client.get_object_retention(
            Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"]
        )["Retention"]
        mode, until = retention["Mode"], retention["RetainUntilDate"].date().isoformat()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _UNLOCKED:
            raise
    end = found["LastModified"] + dt.timedelta(days=keep_days)
    return RawVersion(
        dataset=name,
        key=found["Key"],
        version=found["VersionId"],
        mode=mode,
        locked_until=until,
        deleted_after=end.date().isoformat(),
    )
