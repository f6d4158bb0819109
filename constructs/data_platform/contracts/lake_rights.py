"""What the consumer roles of a domain may read, as Lake Formation is told: by tag, or table by table.

A role reads a zone by tag when every contract of the domain lets it see the same there: then what dbt derives
is covered too, as far as it is no more sensitive than the role may see. Table by table it reads what contracts
grant differently, and every table of which some role sees only some rows: such a table carries the tag
`rows=filtered`, which no grant by tag reaches.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.sensitivity import column_sensitivities, domain_sensitivity
from data_platform.contracts.table_kinds import is_window, kinds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.model import Dataset, Domain, Grant
    from data_platform.contracts.table_kinds import TableKind

ALL_ROWS = "all"
FILTERED_ROWS = "filtered"
READ = ("SELECT", "DESCRIBE")
# The tables of a zone that its readers see; candidates are a run's own business.
READABLE: dict[str, tuple[TableKind, ...]] = {
    "raw": ("raw",),
    "staged": ("staged", "quarantine"),
    "curated": ("curated",),
}


@dataclass(frozen=True, kw_only=True)
class TaggedRight:
    """SELECT on every column, of whichever table of the domain, that carries one of these tags' values."""

    kinds: tuple[TableKind, ...]
    classifications: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NamedRight:
    """SELECT on one table without the hidden columns, of the rows for which `row_filter` holds."""

    dataset: str
    kind: TableKind
    hidden: tuple[str, ...]
    row_filter: str | None


@dataclass(frozen=True, kw_only=True)
class ConsumerRights:
    """All that one role may read in a domain. `zones` are the databases that it finds."""

    role: str
    zones: tuple[str, ...]
    tagged: tuple[TaggedRight, ...]
    named: tuple[NamedRight, ...]


def consumer_roles(domain: Domain) -> tuple[str, ...]:
    """The roles that the contracts of a domain name, by name."""
    return tuple(sorted({grant.role for dataset in domain.datasets for grant in dataset.grants}))


def readable(dataset: Dataset, zone: str) -> tuple[TableKind, ...]:
    """The tables of a dataset in a zone that its readers see."""
    windows = tuple(kind for kind in kinds_of(dataset) if is_window(kind) and zone == "curated")
    return tuple(kind for kind in READABLE.get(zone, ()) if kind in kinds_of(dataset)) + windows


def rows_tag(dataset: Dataset, kind: TableKind) -> str:
    """The value of a table's tag `rows`: whether some role sees only some of its rows.

    The quarantine goes with staged: its rows are of the same people, and no filter could be trusted there.
    """
    zones = {zone for grant in dataset.grants if grant.row_filter for zone in grant.zones}
    filtered = any(kind in READABLE.get(zone, ()) for zone in zones)
    return FILTERED_ROWS if filtered else ALL_ROWS


def consumer_rights(domain: Domain, role: str) -> ConsumerRights:
    """What a role may read in a domain."""
    grants = {
        dataset.name: grant for dataset in domain.datasets for grant in dataset.grants if grant.role == role
    }
    zones = tuple(zone for zone in READABLE if any(zone in grant.zones for grant in grants.values()))
    by_tag = {zone: _shared(domain, grants, zone) for zone in zones}
    return ConsumerRights(
        role=role, zones=zones, tagged=tuple(_tagged(by_tag)), named=tuple(_named(domain, grants, by_tag))
    )


def filter_name(right: NamedRight, role: str) -> str:
    """The name of the Lake Formation filter through which a role sees some columns or rows of a table.

    It changes with what the filter shows, since one that is changed in place would be another promise.

    Example:
        >>> right = NamedRight(dataset="orders", kind="curated", hidden=("email",), row_filter="state = 'VIC'")
        >>> filter_name(right, "analyst")
        'orders_analyst_b0ec99d1'
    """
    digest = hashlib.sha256(repr((right.hidden, right.row_filter)).encode()).hexdigest()[:8]
    return f"{right.dataset}_{role}_{digest}"


def dataset_rights(dataset: Dataset, role: str) -> tuple[NamedRight, ...]:
    """What a role may read of one dataset, table by table, even where it reads by tag; nothing if it is no role."""
    return tuple(
        right
        for grant in dataset.grants
        if grant.role == role
        for zone in grant.zones
        for kind in readable(dataset, zone)
        for right in _named_table(dataset, kind, grant)
    )


def _shared(domain: Domain, grants: dict[str, Grant], zone: str) -> tuple[str, ...] | None:
    """The classifications that a role sees of every dataset in a zone; None when that differs.

    What is derived from a table may hold any of its rows. So a role that sees only some rows of some table
    reads by tag only where derived tables, which are as sensitive as their domain, are hidden from it.
    """
    seen = {
        grants[dataset.name].classifications
        if dataset.name in grants and zone in grants[dataset.name].zones
        else None
        for dataset in domain.datasets
    }
    filtered = any(grant.row_filter and zone in grant.zones for grant in grants.values())
    (first, *others) = seen
    if others or first is None or (filtered and domain_sensitivity(domain).classification in first):
        return None
    return first


def _tagged(by_tag: dict[str, tuple[str, ...] | None]) -> Iterator[TaggedRight]:
    shared = {zone: seen for zone, seen in by_tag.items() if seen is not None}
    for seen in dict.fromkeys(shared.values()):
        kinds = [kind for zone, other in shared.items() if other == seen for kind in READABLE[zone]]
        yield TaggedRight(kinds=tuple(kinds), classifications=seen)


def _named(
    domain: Domain, grants: dict[str, Grant], by_tag: dict[str, tuple[str, ...] | None]
) -> Iterator[NamedRight]:
    for dataset in domain.datasets:
        grant = grants.get(dataset.name)
        for zone, seen in by_tag.items():
            if grant is None or zone not in grant.zones:
                continue
            for kind in readable(dataset, zone):
                if seen is None or rows_tag(dataset, kind) == FILTERED_ROWS:
                    yield from _named_table(dataset, kind, grant)


def _named_table(dataset: Dataset, kind: TableKind, grant: Grant) -> Iterator[NamedRight]:
    columns = column_sensitivities(dataset, kind)
    hidden = tuple(
        name for name, found in columns.items() if found.classification not in grant.classifications
    )
    if len(hidden) == len(columns) or (grant.row_filter and kind == "quarantine"):
        return
    yield NamedRight(dataset=dataset.name, kind=kind, hidden=hidden, row_filter=grant.row_filter)
