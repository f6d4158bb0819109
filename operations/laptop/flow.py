"""The demo's data: land what the sources deliver, run the domains, count what arrived where."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from operations import runs
from operations.exit_codes import CommandFailed
from operations.laptop import landing
from operations.laptop.sources import SOURCES
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.laptop.source import Source

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
    def counts(self) -> tuple[int, int, int, int]:
        """The numbers in the order of the zones."""
        return self.raw, self.staged, self.quarantined, self.curated

    @property
    def adds_up(self) -> bool:
        """Whether every raw row is either staged or quarantined."""
        return self.raw == self.staged + self.quarantined


def deliver(
    connection: Connection,
    naming: Naming,
    domain: Domain,
    *,
    on_file: Callable[[str], None],
    sources: Mapping[str, Source] = SOURCES,
) -> list[str]:
    """Land what the laptop's sources deliver to a domain as files, each day once.

    Returns:
        What landed now, as `<dataset> <day>`.

    Raises:
        CommandFailed: when a source or the landing job refuses.
    """
    landed = []
    with tempfile.TemporaryDirectory(prefix="sources-") as folder:
        for dataset in domain.of_runs.datasets:
            source = sources.get(dataset.source.name)
            for day in source.days if source else ():
                if deliver_day(connection, naming, dataset, day, folder=Path(folder), sources=sources):
                    on_file(f"{dataset.name} {day}")
                    landed.append(f"{dataset.name} {day}")
    return landed


def deliver_day(
    connection: Connection,
    naming: Naming,
    dataset: Dataset,
    day: str,
    *,
    folder: Path,
    sources: Mapping[str, Source] = SOURCES,
) -> bool:
    """Land what a dataset's source has for a day, if it has something and the day has no file yet.

    What a database holds is extracted by the run itself: nothing lands here.

    Args:
        connection: The environment.
        naming: Physical names.
        dataset: The contract.
        day: YYYY-MM-DD.
        folder: Where the source writes its files.
        sources: The sources that the laptop has.

    Returns:
        Whether something landed.
    """
    source = sources.get(dataset.source.name)
    if source is None or dataset.extracted or _delivered(connection, naming, dataset, day):
        return False
    files = source.files(dataset, day, folder)
    if files:
        landing.land(connection, naming, dataset, day, files)
    return bool(files)


def _delivered(connection: Connection, naming: Naming, dataset: Dataset, day: str) -> bool:
    prefix = naming.raw_partition(dataset.name, dataset.source.name, day).split("/", 3)[3]
    listed = connection.client("s3").list_objects_v2(Bucket=naming.bucket("raw"), Prefix=prefix, MaxKeys=1)
    return bool(listed["KeyCount"])


def run(
    connection: Connection,
    naming: Naming,
    days: Sequence[str],
    *,
    on_state: Callable[[str], None],
    before: Callable[[str], None] | None = None,
) -> list[runs.EndedRun]:
    """Run the whole domain for each day, in order.

    Args:
        connection: The environment.
        naming: Physical names.
        days: The days.
        on_state: Told each state that a run enters.
        before: What happens on a day before it is run, such as the trade of the shop.

    Raises:
        CommandFailed: when a day fails, with its cause.
    """
    ended = []
    for day in days:
        if before:
            before(day)
        arn = runs.start(connection, naming, dataset=WHOLE_DOMAIN, ingest_date=day)
        one = runs.follow(connection, arn, on_state=lambda state, day=day: on_state(f"{day}: {state}"))  # type: ignore[misc] # a default binds the day
        if not one.succeeded:
            raise CommandFailed(f"{naming.domain} {day}: {one.error}: {one.cause}")
        ended.append(one)
    return ended


def counts(connection: Connection, naming: Naming, domain: Domain, *, role: str) -> list[Rows]:
    """Count the rows of every dataset that runs load in raw, staged, quarantine and curated, as a consumer role."""
    places = [("raw", "raw", ""), ("staged", "staged", ""), ("quarantined", "staged", "_quarantine")]
    places.append(("curated", "curated", ""))
    selects = [
        f"SELECT '{dataset.name}' AS dataset, '{label}' AS place, count(*) AS n"
        f' FROM "{naming.database(zone)}"."{dataset.name}{suffix}"'
        for dataset in domain.of_runs.datasets
        for label, zone, suffix in places
    ]
    asker = connection.assume(naming.role_arn(role))
    found: dict[str, dict[str, int]] = {}
    for dataset, place, n in ask(
        asker, " UNION ALL ".join(selects), workgroup=naming.workgroup_of(role)
    ).rows:
        found.setdefault(str(dataset), {})[str(place)] = int(n or 0)
    return [Rows(dataset=dataset.name, **found[dataset.name]) for dataset in domain.of_runs.datasets]
