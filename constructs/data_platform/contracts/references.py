"""Foreign keys across the datasets of a domain: they lead somewhere, types agree, no circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.errors import Finding, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.relationships import Reference


def check_references(
    datasets: Sequence[Dataset], links: Sequence[Reference], broken: set[str]
) -> list[Finding]:
    """What is wrong with foreign keys.

    Args:
        datasets: The datasets of a domain that could be read.
        links: Their foreign keys.
        broken: Names of datasets that could not be read; references to them are not judged.
    """
    by_name = {dataset.name: dataset for dataset in datasets}
    owners = {id(link): _owner(link) for link in links}
    found: list[Finding] = []
    for link in links:
        before = len(link.place.findings)
        if link.key.dataset not in broken:
            _check(link, by_name, by_name.get(owners[id(link)]))
        found += link.place.findings[before:]
    ids: dict[str, str] = {}
    for dataset in datasets:
        if dataset.id in ids:
            found.append(_twice(dataset, ids[dataset.id]))
        ids.setdefault(dataset.id, dataset.path)
    return found


def in_dependency_order(
    datasets: Sequence[Dataset], links: Sequence[Reference]
) -> tuple[tuple[Dataset, ...], list[Finding]]:
    """The datasets so that a referenced one comes before the one that refers, by name where they may choose.

    A cycle is a finding that names its datasets in order.
    """
    parents: dict[str, set[str]] = {dataset.name: set() for dataset in datasets}
    for dataset in datasets:
        names = {key.dataset for key in dataset.foreign_keys if key.domain == dataset.domain}
        parents[dataset.name] = (names & set(parents)) - {dataset.name}
    placed: list[str] = []
    while len(placed) < len(parents):
        ready = sorted(name for name, need in parents.items() if name not in placed and need <= set(placed))
        if not ready:
            return (), [_cycle({name: need for name, need in parents.items() if name not in placed}, links)]
        placed += ready
    by_name = {dataset.name: dataset for dataset in datasets}
    return tuple(by_name[name] for name in placed), []


def _owner(link: Reference) -> str:
    return str(link.place.document.value["schema"][0]["name"])


def _check(link: Reference, by_name: dict[str, Dataset], own: Dataset | None) -> None:
    target = by_name.get(link.key.dataset)
    to = link.place["to"]
    if target is None:
        to.report(
            f"there is no dataset {link.key.dataset!r} in the domain",
            allowed=", ".join(sorted(by_name)),
            mend=did_you_mean(link.key.dataset, by_name),
        )
        return
    types = {column.name: column.physical_type for column in target.columns}
    missing = [name for name in link.key.target_columns if name not in types]
    for name in missing:
        to.report(
            f"{target.name} has no column {name!r}", allowed=", ".join(types), mend=did_you_mean(name, types)
        )
    if missing or own is None:
        return
    for name, other in zip(link.key.columns, link.key.target_columns, strict=True):
        mine = own.column(name).physical_type
        if mine != types[other]:
            to.report(
                f"{name} is {mine}, {target.name}.{other} is {types[other]}", mend="give both the same type"
            )
    unique = [column.name for column in target.columns if column.unique]
    if set(link.key.target_columns) != set(target.primary_key) and not set(link.key.target_columns) & set(
        unique
    ):
        to.report(
            f"{', '.join(link.key.target_columns)} does not tell the rows of {target.name} apart",
            allowed=f"its primary key {', '.join(target.primary_key)}, or a unique column",
        )


def _cycle(parents: dict[str, set[str]], links: Sequence[Reference]) -> Finding:
    path = [min(parents)]
    while path[-1] not in path[:-1]:
        path.append(min(parents[path[-1]] & set(parents)))
    path = path[path.index(path[-1]) :]
    link = next(one for one in links if _owner(one) == path[0] and one.key.dataset == path[1])
    before = len(link.place.findings)
    link.place["to"].report(
        f"foreign keys go in a circle: {' -> '.join(path)}", mend="remove one of these relationships"
    )
    return link.place.findings[before]


def _twice(dataset: Dataset, other: str) -> Finding:
    what = f"is also the id of {other}"
    return Finding(file=dataset.path, line=1, field="id", what=what, mend="give it its own id")
