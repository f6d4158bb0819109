"""`dp query`."""

from __future__ import annotations

from operations.connection import connect
from operations.exit_codes import ExitCode
from operations.page import Page
from operations.queries import ask
from operations.scope import naming, scope


def run(sql: str, *, domain: str, role: str | None, environment: str, as_json: bool) -> ExitCode:
    """Ask, as the given consumer role or as yourself, and show the rows."""
    page = Page(as_json=as_json)
    connection = connect(environment)
    names = naming(scope(domain).domain.name, connection.environment)
    asker = connection.assume(names.role_arn(role)) if role else connection
    workgroup = names.workgroup_of(role) if role else names.workgroup
    answer = ask(asker, sql, workgroup=workgroup, database=names.database("curated"))
    page.json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
    page.table(f"{len(answer.rows)} rows", answer.columns, answer.rows)
    if not as_json:
        page.messages.print(f"{answer.seconds} s, {answer.bytes_scanned:,} bytes read", style="dim")
    page.next(f"dp status {domain}")
    return ExitCode.OK
