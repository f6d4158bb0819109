"""The IAM matrix of one environment as a page that a person reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iam_matrix import PROBES

if TYPE_CHECKING:
    from iam_matrix import Cell


def page(environment: str, found: list[Cell]) -> str:
    """The matrix as Markdown: a table a resource, with the rows that may do something, and the four probes."""
    allowed = sum(cell.allowed for cell in found)
    lines = [
        f"# IAM matrix of {environment}",
        "",
        f"{len(found)} cells, {allowed} allowed. Who is in no table of a resource may do nothing of it. See docs/iam-matrix.md.",
    ]
    for resource in dict.fromkeys(cell.resource for cell in found):
        here = [cell for cell in found if cell.resource == resource]
        columns = list(dict.fromkeys(cell.column for cell in here))
        if columns == ["AssumeRole"]:
            continue
        may = {(cell.row, cell.column) for cell in here if cell.allowed}
        rows = [
            row
            for row in dict.fromkeys(cell.row for cell in here)
            if row in PROBES or row in {name for name, _ in may}
        ]
        lines += ["", f"## {resource}", "", _line(["", *columns]), _line(["---"] * (len(columns) + 1))]
        lines += [
            _line([row, *("yes" if (row, column) in may else "-" for column in columns)]) for row in rows
        ]
    lines += ["", "## Who may become a role", "", _line(["role", *PROBES]), _line(["---"] * 5)]
    become = {(cell.resource, cell.row): cell.allowed for cell in found if cell.column == "AssumeRole"}
    for role in dict.fromkeys(role for role, _ in become):
        lines.append(
            _line([role.removeprefix("Role "), *("yes" if become[role, probe] else "-" for probe in PROBES)])
        )
    return "\n".join(lines) + "\n"


def _line(items: list[str]) -> str:
    return f"| {' | '.join(items)} |"
