"""What a command shows: data on standard output (a table, or JSON), everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console


# Into a file or a pipe nothing is folded that a reader would want to search for.
_WIDTH_OF_FILES = 160


class Page:
    """One command's output.

    Args:
        as_json: Print one JSON document instead of tables; messages stay on standard error.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @property
    def messages(self) -> Console:
        """Where progress and remarks go."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)

    def json(self, document: object) -> None:
        """Print the document, when JSON was asked for."""
        if self.as_json:
            sys.stdout.write(json.dumps(document, indent=2, sort_keys=True, default=str) + "\n")

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Print a table, unless JSON was asked for. Numbers stand on the right."""
        if self.as_json:
            return
        from rich.console import Console
        from rich.table import Table

        filled = [["" if cell is None else cell for cell in row] for row in rows]
        table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
        for index, column in enumerate(columns):
            numeric = bool(filled) and all(isinstance(row[index], int | float) for row in filled)
            table.add_column(column, justify="right" if numeric else "left", overflow="fold")
        for row in filled:
            table.add_row(*(_text(cell) for cell in row))
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=_WIDTH_OF_FILES)
        console.print(table)

    def line(self, text: str) -> None:
        """Print one line of data, unless JSON was asked for."""
        if not self.as_json:
            sys.stdout.write(text + "\n")

    def next(self, *commands: str) -> None:
        """Say what one would do next."""
        if not self.as_json:
            self.messages.print("Next: " + " · ".join(commands), style="dim", markup=False)


def _text(cell: object) -> str:
    from rich.markup import escape

    return escape(f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell))
