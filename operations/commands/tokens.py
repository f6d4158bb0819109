"""`dp tokens rotate` and `dp tokens upgrade`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from data_platform.contracts.masking import tokenised_columns
from operations import token_upgrades
from operations.connection import connect
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.scope import naming, scope

if TYPE_CHECKING:
    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection


def rotate(domain: str, *, environment: str, as_json: bool) -> ExitCode:
    """Add a key; new tokens use it from now on."""
    page = Page(as_json=as_json)
    keeper, names, _ = _open(domain, environment)
    version = token_upgrades.rotate(keeper, names)
    page.json({"domain": domain, "version": version})
    page.line(
        f"{names.token_key}: what lands from now on becomes tokens of version {version} (t{version}_...)"
    )
    page.next(f"dp tokens upgrade --domain {domain}")
    return ExitCode.OK


def upgrade(domain: str, *, environment: str, as_json: bool) -> ExitCode:
    """Turn stored tokens into those of the newest key."""
    page = Page(as_json=as_json)
    keeper, names, known = _open(domain, environment)
    with page.messages.status("counting old tokens") as status:
        changed = token_upgrades.upgrade(
            keeper, names, known, on_step=lambda step: status.update(step.replace("[", r"\["))
        )
    page.json([asdict(one) for one in changed])
    rows = [(one.table.replace('"', ""), one.column, one.rows) for one in changed]
    if rows:
        page.table("Upgraded", ["table", "column", "rows"], rows)
    else:
        page.line("every stored token is of the newest key")
    page.next(f"dp run {domain}")
    return ExitCode.OK


def _open(name: str, environment: str) -> tuple[Connection, Naming, Domain]:
    domain = scope(name).domain
    if not any(tokenised_columns(dataset) for dataset in domain.datasets):
        raise CommandFailed(f"no contract of {domain.name} tokenises a column", ExitCode.USAGE)
    connection = connect(environment)
    names = naming(domain.name, connection.environment)
    return connection.assume(names.role_arn(token_upgrades.KEEPER)), names, domain
