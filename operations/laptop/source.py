"""Where the laptop's demo data come from: one source a name that contracts use in `source.name`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from data_platform.contracts.model import Dataset


class Source(Protocol):
    """A system that delivers files; on a laptop it is a package or a generator."""

    @property
    def days(self) -> Sequence[str]:
        """The days that the demo delivers, YYYY-MM-DD, in order."""

    def files(self, dataset: Dataset, day: str, folder: Path) -> list[Path]:
        """Write what the source delivers for a dataset on a day, in the contract's format.

        Args:
            dataset: The contract.
            day: One of `days`.
            folder: Where files are written; the same in every call of a delivery.

        Returns:
            The files; none when the source has nothing for that day.
        """
