"""What `make local` shows at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from operations.laptop.reach import QUESTION
from operations.queries import ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.laptop.flow import Rows
    from operations.laptop.questions import Question
    from operations.laptop.reach import Reach
    from operations.laptop.sight import Sight
    from operations.laptop.streaming import Streamed
    from operations.page import Page

NOT_THERE = "·"
_ASKER = "analyst"
_WIDEST_CELL = 32
_MOST_DIFFERENCES = 5


def rows(page: Page, counted: Mapping[str, Sequence[Rows]]) -> None:
    """Rows per dataset and zone, and whether they add up."""
    page.table(
        "Rows: raw = staged + quarantined",
        ["dataset", "raw", "staged", "quarantined", "curated", "adds up"],
        [
            (f"{domain}.{row.dataset}", *row.counts, "yes" if row.adds_up else "NO")
            for domain, found in counted.items()
            for row in found
        ],
    )


def streams(page: Page, of_domains: Sequence[Sequence[Dataset]], streamed: Sequence[Streamed]) -> None:
    """What streams: rows on both sides and how long they took, or that nothing streams here."""
    arrived = {one.dataset: one for one in streamed}
    found = [(f"{each.domain}.{each.name}", each) for datasets in of_domains for each in datasets]
    if not found:
        return
    if not arrived:
        page.table(
            "Not streaming here: make local STREAMING=1",
            ["dataset", "from"],
            [(name, f"{each.source.name}: {each.source.table or 'events'}") for name, each in found],
        )
        return
    page.table(
        "Streams: staged = the source, row by row; seconds from the commit there until Athena shows the row",
        ["dataset", "changes", "source", "staged", "not the same", "dead letters", "p50", "p99"],
        [
            (
                one.dataset,
                one.changes,
                one.source_rows,
                one.staged_rows,
                len(one.differences),
                one.dead_letters,
                one.p50,
                one.p99,
            )
            for one in arrived.values()
        ],
    )
    for one in arrived.values():
        for each in one.differences[:_MOST_DIFFERENCES]:
            page.line(f"{one.dataset} {each.key}: the source has {each.source}, staged has {each.lake}")


def answer(page: Page, connection: Connection, naming: Naming, question: Question) -> None:
    """An analyst's question and its answer, asked as the analyst."""
    analyst = connection.assume(naming.role_arn(_ASKER))
    found = ask(
        analyst, question.sql, workgroup=naming.workgroup_of(_ASKER), database=naming.database("curated")
    )
    page.line(f"\nAn analyst of {naming.domain} asks Athena:\n\n{question.sql}\n")
    page.table(question.title, found.columns, found.rows)


def reach(page: Page, seen: Reach) -> None:
    """What a database answered over the tunnel, and that nothing answers past it."""
    page.line(f"\nSomebody asks the database {seen.database} over the tunnel:\n\n{QUESTION}\n")
    page.table("Where are the orders of the shop?", seen.columns, seen.rows)
    page.line(
        f"The same address without the tunnel: {seen.direct or 'refused, as no security group admits it'}.\n"
    )


def sights(page: Page, dataset: str, seen: Sequence[Sight]) -> None:
    """The same queries by each role: one column a role, one row a column of the answer."""
    columns = list(dict.fromkeys(name for one in seen for name in one.sample))
    page.table(
        f"SELECT * FROM {dataset}, the same row by three roles ({NOT_THERE} does not exist for the role)",
        ["", *(one.role for one in seen)],
        [
            ("rows counted", *(f"{one.rows:,}" for one in seen)),
            *((name, *(_cell(one.sample, name) for one in seen)) for name in columns),
            ("a hidden column, by its name", *(_code(one.hidden) or "nothing is hidden" for one in seen)),
            ("its file, read from S3", *(one.file for one in seen)),
        ],
    )


def _cell(sample: Mapping[str, str | None], name: str) -> str:
    if name not in sample:
        return NOT_THERE
    value = sample[name]
    if value is None:
        return "NULL"
    return value if len(value) <= _WIDEST_CELL else f"{value[:_WIDEST_CELL]}…"


def _code(refusal: str) -> str:
    """The error code that Athena's message begins with, after its position."""
    return refusal.partition(": ")[0] if refusal else ""


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
