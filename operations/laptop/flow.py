"""The demo's data: deliver files to raw as the landing role, run the domain, count what arrived where."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations import runs
from operations.exit_codes import CommandFailed
from operations.laptop import nycflights
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

WHOLE_DOMAIN = "*"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one dataset in each zone, counted in the tables themselves."""

    dataset: str
    raw: int
    staged: int
    quarantined: int
    curated: int

    @property
    def adds_up(self) -> bool:
        """Whether every raw row is either staged or quarantined."""
        return self.raw == self.staged + self.quarantined


def deliver(
    connection: Connection,
    naming: Naming,
    domain: Domain,
    days: Sequence[str],
    *,
    on_file: Callable[[str], None],
) -> list[str]:
    """Put each day's files into raw, once; reference data on the first day only.

    Returns:
        The keys that were written.
    """
    written = []
    for dataset in domain.datasets:
        for day in days if nycflights.is_daily(dataset.name) else days[:1]:
            if key := deliver_day(connection, naming, dataset, day):
                on_file(key)
                written.append(key)
    return written


def deliver_day(connection: Connection, naming: Naming, dataset: Dataset, day: str) -> str | None:
    """Put a day's file into raw as the landing role, if the source has one and the day has none yet.

    Returns:
        The key that was written; None when nothing was.
    """
    prefix = naming.raw_partition(dataset.name, dataset.source.name, day).split("/", 3)[3]
    bucket = naming.bucket("raw")
    if connection.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)["KeyCount"]:
        return None
    body = _parquet(dataset, day)
    if body is None:
        return None
    key = f"{prefix}run_id={uuid.uuid4()}/part-00000.parquet"
    landing = connection.assume(naming.role_arn("landing"))
    landing.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    return key


def run(
    connection: Connection, naming: Naming, days: Sequence[str], *, on_state: Callable[[str], None]
) -> list[runs.EndedRun]:
    """Run the whole domain for each day, in order.

    Raises:
        CommandFailed: when a day fails, with its cause.
    """
    ended = []
    for day in days:
        arn = runs.start(connection, naming, dataset=WHOLE_DOMAIN, ingest_date=day)
        one = runs.follow(connection, arn, on_state=lambda state, day=day: on_state(f"{day}: {state}"))  # type: ignore[misc] # a default binds the day
        if not one.succeeded:
            raise CommandFailed(f"{naming.domain} {day}: {one.error}: {one.cause}")
        ended.append(one)
    return ended


def counts(connection: Connection, naming: Naming, domain: Domain, *, role: str) -> list[Rows]:
    """Count every dataset's rows in raw, staged, quarantine and curated, as a consumer role."""
    places = [("raw", "raw", ""), ("staged", "staged", ""), ("quarantined", "staged", "_quarantine")]
    places.append(("curated", "curated", ""))
    selects = [
        f"SELECT '{dataset.name}' AS dataset, '{label}' AS place, count(*) AS n"
        f' FROM "{naming.database(zone)}"."{dataset.name}{suffix}"'
        for dataset in domain.datasets
        for label, zone, suffix in places
    ]
    asker = connection.assume(naming.role_arn(role))
    found: dict[str, dict[str, int]] = {}
    for dataset, place, n in ask(asker, " UNION ALL ".join(selects), workgroup=naming.workgroup).rows:
        found.setdefault(str(dataset), {})[str(place)] = int(n or 0)
    return [Rows(dataset=dataset.name, **found[dataset.name]) for dataset in domain.datasets]


def _parquet(dataset: Dataset, day: str) -> bytes | None:
    """The day's file; None when the source knows no such dataset or has no rows of that day."""
    import pyarrow.parquet as pq

    try:
        table = nycflights.delivery(dataset, day).table
    except ValueError:
        return None
    sink: Any = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue()) if table.num_rows else None
