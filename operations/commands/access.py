"""`dp access`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations import elevated_queries, elevations
from operations.connection import connect
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.scope import naming, scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.elevations import Elevation

_COLUMNS = [
    "request",
    "status",
    "requester",
    "dataset",
    "as",
    "hours",
    "approver",
    "ends",
    "revoked by",
    "reason",
]


def request(
    text: str,
    *,
    role: str,
    hours: float,
    reason: str,
    zone: str,
    holding: str,
    person: str | None,
    environment: str,
    as_json: bool,
) -> ExitCode:
    """Ask for what a role of the contract sees, and show what became of the request so far."""
    page, connection = Page(as_json=as_json), connect(environment)
    domain, _, dataset = text.partition(".")
    if not dataset:
        raise CommandFailed(f"{text!r} names no dataset: write domain.dataset", ExitCode.USAGE)
    names = naming(scope(domain).domain.name, connection.environment)
    me = elevations.who(connection, person)
    own = elevations.holding(connection, names, me, holding)
    with page.messages.status(f"asking for {text} as {role}"):
        asked = elevations.ask(
            own,
            names,
            person=me,
            dataset=dataset,
            role=role,
            hours=f"{hours:f}".rstrip("0").rstrip("."),
            reason=reason,
            zone=zone,
        )
        found = elevations.follow(own, names, asked, until=lambda one: one.status != "REQUESTED")
    _show(page, [found])
    if found.status in elevations.ENDED:
        page.messages.print(f"{found.error}: {found.cause}", style="red", markup=False)
        return ExitCode.FINDINGS
    page.messages.print(f"{found.approvers} may approve until {found.decide_by}.", markup=False)
    page.next(f"dp access approve {asked}", "dp access list")
    return ExitCode.OK


def decide(asked: str, *, decision: str, person: str | None, environment: str, as_json: bool) -> ExitCode:
    """Approve or refuse as yourself; FINDINGS when the machine does not accept the decision."""
    page, connection, names = _open(asked, environment, as_json=as_json)
    me = elevations.who(connection, person)
    approver = elevations.approving(connection, names, me)
    before = elevations.record(approver, names, asked)
    elevations.decide(approver, names, asked, person=me, decision=decision)
    found = _followed(page, approver, names, before, lambda one: one.status in (*elevations.ENDED, "GRANTED"))
    _show(page, [found])
    if found.status == "PENDING":
        page.messages.print(_SAID.get(found.objection.split(":")[0], found.objection), style="red")
        return ExitCode.FINDINGS
    done = "GRANTED" if decision == "approve" else "REFUSED"
    if found.status != done:
        page.messages.print(f"{found.error}: {found.cause}", style="red", markup=False)
    page.next(f'dp access query "SELECT ..." --domain {names.domain}', f"dp access revoke {asked}")
    return ExitCode.OK if found.status == done else ExitCode.FINDINGS


def revoke(asked: str, *, person: str | None, holding: str, environment: str, as_json: bool) -> ExitCode:
    """End access before its time."""
    page, connection, names = _open(asked, environment, as_json=as_json)
    me = elevations.who(connection, person)
    own = elevations.holding(connection, names, me, holding)
    before = elevations.record(own, names, asked)
    elevations.give_back(own, names, asked, person=me)
    found = _followed(page, own, names, before, lambda one: one.status in elevations.ENDED)
    _show(page, [found])
    page.next("dp access list")
    return ExitCode.OK if found.status == "REVOKED" else ExitCode.FINDINGS


def show(domain: str, *, open_only: bool, environment: str, as_json: bool) -> ExitCode:
    """Who asked for what, who approved and what is still open."""
    page, connection = Page(as_json=as_json), connect(environment)
    names = naming(scope(domain).domain.name, connection.environment)
    found = elevations.records(connection, names)
    _show(page, [one for one in found if not open_only or one.status not in elevations.ENDED])
    page.next(f"dp access request {domain}.<dataset> --role <role> --hours 1 --reason ...")
    return ExitCode.OK


def query(sql: str, *, domain: str, person: str | None, environment: str, as_json: bool) -> ExitCode:
    """Ask Athena with what was granted to you for a time."""
    page, connection = Page(as_json=as_json), connect(environment)
    names = naming(scope(domain).domain.name, connection.environment)
    answer = elevated_queries.answer(connection, names, person=elevations.who(connection, person), sql=sql)
    page.json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
    page.table(f"{len(answer.rows)} rows", answer.columns, answer.rows)
    page.next("dp access list")
    return ExitCode.OK


_SAID = {
    "SelfApproval": "Nobody approves the own request: another approver of the contract must.",
    "NotAnApprover": "The contract does not name you as an approver of this role.",
    "NoDecision": "The decision was not written under your identity.",
}


def _open(asked: str, environment: str, *, as_json: bool) -> tuple[Page, Connection, Naming]:
    connection = connect(environment)
    names = naming(scope(elevations.domain_of(asked)).domain.name, connection.environment)
    return Page(as_json=as_json), connection, names


def _followed(
    page: Page,
    connection: Connection,
    names: Naming,
    before: Elevation,
    done: Callable[[Elevation], bool],
) -> Elevation:
    """Wait for the machine's answer; an objection to this decision is one, too."""
    with page.messages.status(before.id):
        return elevations.follow(
            connection,
            names,
            before.id,
            until=lambda one: done(one) or one.objection != before.objection,
        )


def _show(page: Page, found: list[Elevation]) -> None:
    page.json([one.as_dict() for one in found])
    page.table(
        "Access for a time",
        _COLUMNS,
        [
            [
                one.id,
                one.status,
                one.requester,
                one.dataset,
                one.role,
                one.hours,
                one.approver,
                one.ends_at,
                one.revoked_by,
                one.reason,
            ]
            for one in found
        ],
    )
