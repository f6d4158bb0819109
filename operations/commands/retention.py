"""`dp retention`."""

from __future__ import annotations

from dataclasses import asdict

from operations import retention_page
from operations.connection import environment_named
from operations.exit_codes import ExitCode
from operations.page import Page
from operations.scope import domains, scope


def run(domain: str | None, *, environment: str, as_json: bool, markdown: bool) -> ExitCode:
    """Show what is kept how long; asks contracts and settings only, so that nothing needs to be deployed."""
    page = Page(as_json=as_json)
    settings = environment_named(environment)
    chosen = [scope(domain).domain] if domain else list(domains())
    rows = {each.name: retention_page.kept(each, settings) for each in chosen}
    page.json({name: [asdict(row) for row in found] for name, found in rows.items()})
    for each in chosen:
        if markdown:
            page.line(retention_page.page(each, settings).rstrip("\n"))
        else:
            title = f"How long {each.name} keeps what in {environment}"
            page.table(title, retention_page.COLUMNS, [list(vars(row).values()) for row in rows[each.name]])
    if not markdown:
        page.next(f"dp retention {chosen[0].name} -e prod --markdown > docs/retention/{chosen[0].name}.md")
    return ExitCode.OK
