"""One table of an extraction: what is read of it, and how the database lets it be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from data_platform.contracts.model import Dataset
    from jobs.extraction.columns import Reading


@dataclass(frozen=True, kw_only=True)
class TableRead:
    """What is asked of a table.

    `low` is the exclusive bound of the watermark in ISO 8601, the overlap already subtracted; `since` is the high
    of the run before. Both are None when everything is read.
    """

    dataset: Dataset
    table: str
    watermark: str | None = None
    since: str | None = None
    low: str | None = None
    raw_bucket: str
    raw_prefix: str
    token_key: str | None = None

    @property
    def name(self) -> tuple[str, str]:
        """Schema (MySQL: database) and table."""
        schema, _, name = self.table.partition(".")
        return schema, name


@dataclass(frozen=True, kw_only=True)
class Described:
    """How a table is read: its columns, and the condition of what is new."""

    read: TableRead
    columns: Sequence[Reading]
    where: str


class Snapshot(Protocol):
    """One consistent state of a database, for all tables of an extraction and all its connections."""

    position: str

    @property
    def workers(self) -> int:
        """How many connections read at once."""

    def describe(self, read: TableRead) -> tuple[Described, list[str]]:
        """How a table is read, and what is wrong with it, a sentence each."""

    def ranges(self, described: Described) -> list[str]:
        """Conditions that split its rows among connections."""

    def batches(self, worker: int, described: Described, condition: str) -> Iterator[pa.RecordBatch]:
        """The rows of a range, read by one connection."""

    def high(self, described: Described) -> str | None:
        """The greatest watermark among its rows in ISO 8601, once all are read; None where there is none."""

    def close(self) -> None:
        """Let the database go."""
