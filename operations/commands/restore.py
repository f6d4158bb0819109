"""`dp restore`."""

from __future__ import annotations

from dataclasses import asdict

from operations import drills
from operations.connection import connect
from operations.exit_codes import ExitCode
from operations.page import Page
from operations.scope import domains, naming, scope

_COLUMNS = ["table", "items", "different", "newest copy, s (RPO)", "backup, s", "restore, s (RTO)", "result"]


def drill(domain: str | None, *, environment: str, as_json: bool) -> ExitCode:
    """Rehearse restoring every protected table; FINDINGS when a restored one is not the same."""
    page = Page(as_json=as_json)
    connection = connect(environment)
    chosen = [scope(domain).domain.name] if domain else [each.name for each in domains()]
    found: list[drills.Drill] = []
    for name in chosen:
        names = naming(name, connection.environment)
        done: list[drills.Drill] = []
        with page.messages.status(f"{name}: drill") as status:
            done += [
                drills.drill(connection, names, one, on_step=status.update)
                for one in drills.protected(names, connection.environment)
            ]
        drills.report(connection, names, done)
        found += done
    page.json([{**asdict(each), "succeeded": each.succeeded} for each in found])
    page.table(
        "Restored beside, compared, removed",
        _COLUMNS,
        [
            [
                each.table,
                each.items,
                each.different,
                each.recovery_point_seconds if each.recovery_point_seconds is not None else "none yet",
                each.backup_seconds,
                each.restore_seconds,
                "same" if each.succeeded else "DIFFERENT",
            ]
            for each in found
        ],
    )
    page.next("docs/recovery.md", f"dp retention {chosen[0]}")
    return ExitCode.OK if all(each.succeeded for each in found) else ExitCode.FINDINGS
