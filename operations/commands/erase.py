"""`dp erase`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from operations import erasure
from operations.connection import connect
from operations.erasure_targets import ERASER, person
from operations.exit_codes import ExitCode
from operations.page import Page
from operations.scope import naming

if TYPE_CHECKING:
    from operations.erasure import Plan


def run(subject: str, *, really: bool, environment: str, as_json: bool) -> ExitCode:
    """Show what an erasure would do, or do it; FINDINGS when something of the person is left."""
    page, whose = Page(as_json=as_json), person(subject)
    own = connect(environment)
    names = naming(whose.domain.name, own.environment)
    eraser = own.assume(names.role_arn(ERASER))
    with page.messages.status(f"looking for {subject}") as status:
        planned = erasure.plan(eraser, names, whose)
        left = None
        if really:
            me = str(own.client("sts").get_caller_identity()["Arn"])
            left = erasure.execute(
                eraser,
                names,
                whose,
                planned,
                requested_by=me,
                on_step=lambda step: status.update(step.replace("[", r"\[")),
            )
    _show(page, planned, done=really)
    kept_days = whose.domain.table_noncurrent_days(own.environment.storage.noncurrent_days)
    remaining = sum(one.rows for one in left.to_change) if left else None
    page.json(
        {
            "subject": planned.subject,
            "value_hash": planned.value_hash,
            "executed": really,
            "remaining": remaining,
            "tables": [
                {"table": one.target.table, "action": one.target.action, "rows": one.rows, "days": one.days}
                for one in planned.affected
            ],
            "raw": [asdict(version) for version in planned.raw],
            "old_file_versions_go_after_days": kept_days,
        }
    )
    page.messages.print(
        f"Files that tables no longer use stay {kept_days} days as old versions, which only administrators of the "
        "bucket read. No load brings an erased person back.",
        style="dim",
    )
    if remaining:
        page.messages.print(f"{remaining:,} rows are left: a load ran meanwhile.", style="red")
        page.next(f"dp erase --subject {subject} --execute")
        return ExitCode.FINDINGS
    page.next(f"dp run {whose.domain.name}" if really else f"dp erase --subject {subject} --execute")
    return ExitCode.OK


def _show(page: Page, planned: Plan, *, done: bool) -> None:
    page.table(
        "Erased" if done else "An erasure would change",
        ["table", "action", "rows", "days", "columns"],
        [
            (
                one.target.table.replace('"', ""),
                one.target.action,
                one.rows,
                _days(one.days),
                ", ".join(one.target.columns),
            )
            for one in planned.affected
        ],
    )
    page.table(
        "Raw files with the person's rows, which stay until their retention ends",
        ["object", "version", "lock", "locked until", "deleted after"],
        [
            (one.key, one.version, one.mode or "none", one.locked_until, one.deleted_after)
            for one in planned.raw
        ],
    )


def _days(days: tuple[str, ...]) -> str:
    few = 3
    return ", ".join(days) if len(days) <= few else f"{days[0]} ... {days[-1]} ({len(days)})"
