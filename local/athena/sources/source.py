"""The contract between the engine and the things that it can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

    from local.athena.query import Query


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a query needs of a table: columns, and conditions that every row it uses fulfils (DuckDB SQL, ANDed).

    `conditions` may be empty: then any row may be used.
    """

    columns: frozenset[str]
    conditions: tuple[str, ...] = field(default=())


class Source(Protocol):
    """Something with a schema that can be read."""

    @property
    def schema(self) -> pa.Schema:
        """Its visible columns."""

    @property
    def hidden(self) -> pa.Schema:
        """Columns that only a query which names them gets, such as `$path`."""

    def load(self, needs: Needs, query: Query) -> pa.Table:
        """The needed columns of (at least) the rows that fulfil the conditions."""


class TableSource(Source, Protocol):
    """A source that is a table of the catalogue."""

    @property
    def catalogue_names(self) -> dict[str, str]:
        """From each column to the lower-case name under which the catalogue, and so every grant, knows it today.

        A column that the catalogue no longer knows is missing.
        """


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table that is already in memory."""

    table: pa.Table
    hidden: pa.Schema

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self.table.schema

    def load(self, needs: Needs, query: Query) -> pa.Table:
        """The needed columns."""
        del query
        return self.table.select([name for name in self.table.schema.names if name in needs.columns])
