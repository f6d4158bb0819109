"""Which cells of a table a principal may SELECT, in the form in which AWS tells its query engines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The columns that a principal sees, each with the row filters under which it sees it.

    Several grants make a union of cells: a cell is visible when one grant gives both its column and its row, a row
    when one of its cells is. In a row that is visible for another column's sake, the cell is NULL. That is what
    Glue's GetUnfilteredTableMetadata hands to engines: `AuthorizedColumns`, `CellFilters` (column and row filter) and
    `RowFilter` for the table; see also "Data filters in Lake Formation" (data-filters-about), where restricted rows
    "return NULL" for a filtered column.

    Args:
        columns: from a column's name to its row filters, any of which admits a row; none means every row.
            A column that is missing does not exist for the principal.

    Example:
        >>> vic = Selection.of([(("id", "name"), "state = 'VIC'"), (("id",), "state = 'NSW'")])
        >>> vic.columns["name"], vic.rows
        (("state = 'VIC'",), ("state = 'NSW'", "state = 'VIC'"))
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, grants: Iterable[tuple[Iterable[str], str]]) -> Selection:
        """The union of grants, each some columns and a row filter (empty: every row).

        Example:
            >>> Selection.of([(("id",), "state = 'VIC'"), (("id", "state"), "")]).rows
            ()
        """
        found: dict[str, set[str]] = {}
        for columns, row_filter in grants:
            for column in columns:
                found.setdefault(column, set()).add(row_filter)
        return cls(
            columns={name: () if "" in held else tuple(sorted(held)) for name, held in sorted(found.items())}
        )

    @property
    def rows(self) -> tuple[str, ...]:
        """The row filters of the table, any of which admits a row; none means every row."""
        if not all(self.columns.values()):
            return ()
        return tuple(sorted({text for held in self.columns.values() for text in held}))

    @property
    def is_filtered(self) -> bool:
        """Whether a row filter stands anywhere in it."""
        return any(self.columns.values())
