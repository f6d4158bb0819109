"""What each role sees of a dataset, asked as that role: columns, rows, and whether the file itself can be had."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.queries import Answer

ZONE = "curated"


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What one role got.

    `sample` is one row by column; `hidden` the answer to a query for a column that the role may not see (empty when
    there is none); `file` the error code of reading the table's file from S3, `read` if that worked.
    """

    role: str
    rows: int
    sample: Mapping[str, str | None]
    hidden: str
    file: str

    @property
    def file_refused(self) -> bool:
        """Whether S3 gave nothing."""
        return self.file == "AccessDenied"


def seen_differently(domain: Domain) -> list[Dataset]:
    """The datasets of which the roles see different columns or rows in curated.

    Example:
        >>> from operations.scope import domains
        >>> [dataset.name for each in domains() for dataset in seen_differently(each)]
        ['customers', 'orders']
    """
    return [dataset for dataset in domain.datasets if len(_views(dataset)) > 1]


def _views(dataset: Dataset) -> set[tuple[frozenset[str], str | None]]:
    return {
        (
            frozenset(one.name for one in dataset.columns if one.classification in grant.classifications),
            grant.row_filter,
        )
        for grant in dataset.grants
        if ZONE in grant.zones
    }


def look(connection: Connection, naming: Naming, dataset: Dataset) -> list[Sight]:
    """Ask the same of a dataset as each role of its contract that reads curated, narrowest view first.

    The sample is the first row, by key, that the narrowest role sees.
    """
    grants = [grant for grant in dataset.grants if ZONE in grant.zones]
    grants.sort(key=lambda grant: (grant.row_filter is None, len(grant.classifications)))
    bucket, key = _a_file(connection, naming, dataset)
    sights: list[Sight] = []
    chosen = ""
    for grant in grants:
        role = connection.assume(naming.role_arn(grant.role))
        asking = partial(ask, role, workgroup=naming.workgroup_of(grant.role), database=naming.database(ZONE))
        rows = asking(f'SELECT count(*) FROM "{dataset.name}"').rows
        chosen = chosen or _first(asking, dataset)
        sample = asking(f'SELECT * FROM "{dataset.name}" WHERE {chosen}')
        names = [one.name for one in dataset.columns if one.classification not in grant.classifications]
        sights.append(
            Sight(
                role=grant.role,
                rows=int(rows[0][0] or 0),
                sample=dict(zip(sample.columns, sample.rows[0], strict=True)) if sample.rows else {},
                hidden=_refusal(asking, dataset, names[0]) if names else "",
                file=_read(role, bucket, key),
            )
        )
    return sights


def _first(asking: Callable[[str], Answer], dataset: Dataset) -> str:
    """The condition that finds the first row that the role sees."""
    key = ", ".join(f'"{name}"' for name in dataset.primary_key)
    found = asking(f'SELECT {key} FROM "{dataset.name}" ORDER BY {key} LIMIT 1').rows
    if not found:
        raise CommandFailed(f"{dataset.domain}.{dataset.name} is empty: run `dp run {dataset.domain}` first")
    return " AND ".join(
        f"CAST(\"{name}\" AS varchar) = '{value}'"
        for name, value in zip(dataset.primary_key, found[0], strict=True)
    )


def _refusal(asking: Callable[[str], Answer], dataset: Dataset, column: str) -> str:
    """What Athena says to a query for a column."""
    try:
        asking(f'SELECT "{column}" FROM "{dataset.name}"')
    except CommandFailed as refusal:
        return str(refusal)
    return f"{column} was shown"


def _a_file(connection: Connection, naming: Naming, dataset: Dataset) -> tuple[str, str]:
    """A data file of the dataset in curated, found with the operator's rights."""
    glue, s3 = connection.client("glue"), connection.client("s3")
    table = glue.get_table(DatabaseName=naming.database(ZONE), Name=dataset.name)["Table"]
    bucket, _, prefix = table["StorageDescriptor"]["Location"].removeprefix("s3://").partition("/")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", []):
            if entry["Key"].endswith(".parquet"):
                return bucket, str(entry["Key"])
    raise CommandFailed(f"{naming.domain}.{dataset.name} has no file in {ZONE} yet: run the domain first")


def _read(role: Connection, bucket: str, key: str) -> str:
    from botocore.exceptions import ClientError

    try:
        role.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "read"
