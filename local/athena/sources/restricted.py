"""A table of which the caller sees some columns, or some rows, only.

What the caller may not see is gone before the query's database gets the data: hidden columns are not in the schema,
filtered rows are not in the rows. So no statement, however it is put, can count, compare or fail on them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from local.athena import translate
from local.athena.errors import AthenaError, QueryCancelled, insufficient_permissions
from local.athena.row_mask import admitted
from local.athena.sources.source import Needs
from local.services.lakeformation import row_filter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlglot import exp

    from local.athena.query import Query
    from local.athena.sources.source import TableSource
    from local.services.lakeformation import Selection

logger = logging.getLogger("local.athena")


@dataclass(frozen=True, kw_only=True)
class Restricted:
    """A source behind a selection.

    Args:
        source: the whole table, read with the registered role's rights.
        selection: the columns, by their names in the catalogue, and the row filters under which each is seen.
        name: the table's name, for messages.
    """

    source: TableSource
    selection: Selection
    name: str

    @property
    def schema(self) -> pa.Schema:
        """The columns that the caller may see; a filtered one may be NULL."""
        return pa.schema(
            [pa.field(field.name, field.type) for field in self.source.schema if field.name in self._seen]
        )

    @property
    def hidden(self) -> pa.Schema:
        """Not even `$path`: a path can hold the value of a partition column."""
        return pa.schema([])

    def load(self, needs: Needs, query: Query) -> pa.Table:
        """The visible rows with the needed columns."""
        columns = frozenset(needs.columns) & self._seen.keys()
        try:
            if not self.selection.is_filtered:
                return self.source.load(Needs(columns=columns, conditions=needs.conditions), query)
            return self._filtered(columns, query)
        except QueryCancelled:
            raise
        except AthenaError as error:
            raise self._without_details(error.code) from None
        except Exception:
            logger.exception("Reading %s behind a filter failed", self.name)
            raise self._without_details("GENERIC_INTERNAL_ERROR") from None

    @cached_property
    def _seen(self) -> dict[str, str]:
        """From the source's name of a visible column to the catalogue's."""
        names = self.source.catalogue_names
        return {name: known for name, known in names.items() if known in self.selection.columns}

    @cached_property
    def _trees(self) -> dict[str, exp.Expression]:
        texts = {text for held in self.selection.columns.values() for text in held}
        return {text: row_filter.parse(text) for text in sorted(texts)}

    def _filtered(self, columns: frozenset[str], query: Query) -> pa.Table:
        """The query's own conditions are not pushed down: what is read for them would tell of hidden rows."""
        used = self._names_in_filters()
        data = self.source.load(
            Needs(columns=columns | frozenset(used.values()), conditions=self._conditions(used)), query
        )
        values = {known: data.column(name) for known, name in used.items()}
        masks = {text: admitted(tree, values, data.num_rows) for text, tree in self._trees.items()}
        cells = {
            name: self._cell(data.column(name), self.selection.columns[self._seen[name]], masks)
            for name in data.schema.names
            if name in columns
        }
        kept = pa.table(cells) if cells else data.select([])
        return kept.filter(_any(masks, self.selection.rows)) if self.selection.rows else kept

    def _names_in_filters(self) -> dict[str, str]:
        """From the catalogue's name of each column in a row filter to the source's.

        Raises:
            AthenaError: the source (an old snapshot) does not have it: then nothing says which rows are visible.
        """
        present = {known: name for name, known in self.source.catalogue_names.items()}
        wanted = {column for tree in self._trees.values() for column in row_filter.columns_of(tree)}
        missing = sorted(wanted - present.keys())
        if missing:
            raise AthenaError("", f"the row filter names {missing}")
        return {column: present[column] for column in sorted(wanted)}

    def _conditions(self, used: dict[str, str]) -> tuple[str, ...]:
        """The row filters as a condition to prune files by, unless a column has another name in the source."""
        if not self.selection.rows or any(known != name for known, name in used.items()):
            return ()
        alternatives = [translate.to_duckdb(self._trees[text].copy()) for text in self.selection.rows]
        return (" OR ".join(f"({text})" for text in alternatives),)

    def _cell(
        self, column: pa.ChunkedArray, own: tuple[str, ...], masks: dict[str, pa.ChunkedArray]
    ) -> pa.ChunkedArray:
        """A column, NULL in the rows that only another column makes visible."""
        if not own or set(self.selection.rows) == set(own):
            return column
        return pc.if_else(_any(masks, own), column, pa.scalar(None, column.type))

    def _without_details(self, code: str) -> AthenaError:
        if code in {"", "GENERIC_INTERNAL_ERROR"}:
            return insufficient_permissions(f"{self.name} cannot be read through the filter of the caller.")
        return AthenaError(
            code, f"Error reading {self.name}; details are not shown to a caller who sees it filtered"
        )


def _any(masks: dict[str, pa.ChunkedArray], texts: Iterable[str]) -> pa.ChunkedArray:
    found = None
    for text in texts:
        found = masks[text] if found is None else pc.or_(found, masks[text])
    return found
