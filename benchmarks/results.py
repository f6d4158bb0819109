"""Writes a section of benchmarks/README.md: its table, the date and the command that made it."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parent / "README.md"


def section(
    title: str, *, command: str, columns: Sequence[str], rows: Sequence[Sequence[str]], note: str
) -> None:
    """Replace the section of that title, or add it; prints it too."""
    table = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    table += ["| " + " | ".join(row) + " |" for row in rows]
    when = dt.datetime.now(tz=dt.UTC).date().isoformat()
    head = f"`{command}`, {when}, {os.cpu_count()} cores"
    text = "\n".join([f"## {title}", "", head, "", *table, "", note, ""])
    print(text)
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n\nRatios against a peer in the same run.\n"
    found = re.compile(rf"(?ms)^## {re.escape(title)}\n.*?(?=^## |\Z)")
    page = found.sub(lambda _: text + "\n", page) if found.search(page) else f"{page.rstrip()}\n\n{text}"
    PAGE.write_text(page.rstrip() + "\n")
