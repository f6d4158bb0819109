"""What `make local` shows at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.laptop.flow import Rows
    from operations.page import Page


def rows(page: Page, counted: Sequence[Rows]) -> None:
    """Rows per dataset and zone, and whether they add up."""
    page.table(
        "Rows: raw = staged + quarantined",
        ["dataset", "raw", "staged", "quarantined", "curated", "adds up"],
        [
            (row.dataset, row.raw, row.staged, row.quarantined, row.curated, "yes" if row.adds_up else "NO")
            for row in counted
        ],
    )


def answer(page: Page, connection: Connection, naming: Naming, question: str) -> None:
    """An analyst's question and its answer, asked as the analyst."""
    analyst = connection.assume(naming.role_arn("analyst"))
    found = ask(analyst, question, workgroup=naming.workgroup, database=naming.database("curated"))
    page.line(f"\nAn analyst asks Athena:\n\n{question}\n")
    page.table("Which airlines leave late?", found.columns, found.rows)


def recorded(page: Page, entries: Sequence[Mapping[str, Any]]) -> None:
    """What the laptop only records, by resource type, with the reason."""
    page.table(
        "Recorded on a laptop, acted upon in AWS",
        ["resource type", "property", "reason"],
        [(entry["type"], entry["property"], entry["reason"]) for entry in entries],
    )


def seconds(page: Page, phases: Mapping[str, float]) -> None:
    """Where the time went."""
    page.table("Seconds", ["phase", "seconds"], [*phases.items(), ("all", round(sum(phases.values()), 1))])
