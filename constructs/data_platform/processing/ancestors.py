"""Which datasets must be loaded before another, directly or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_platform.contracts.model import Domain


def ancestors(domain: Domain) -> dict[str, list[str]]:
    """The datasets of the domain that a dataset refers to, directly or not."""
    found: dict[str, set[str]] = {}
    for dataset in domain.datasets:  # in dependency order, so parents are known before their children
        parents = {key.dataset for key in dataset.foreign_keys if key.domain == domain.name} - {dataset.name}
        found[dataset.name] = parents.union(*(found.get(parent, set()) for parent in parents))
    return {name: sorted(names) for name, names in found.items()}
