"""`dp status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations import runs
from operations.commands.run import LEDGER_COLUMNS, ledger_row
from operations.connection import connect
from operations.exit_codes import ExitCode
from operations.page import Page
from operations.scope import domains, naming, scope

if TYPE_CHECKING:
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection


def run(domain: str | None, *, environment: str, as_json: bool) -> ExitCode:
    """Show runs and ringing alarms; FINDINGS when a run failed, rows do not add up or an alarm rings."""
    page = Page(as_json=as_json)
    connection = connect(environment)
    chosen = [scope(domain).domain.name] if domain else [each.name for each in domains()]
    ringing: list[dict[str, str]] = []
    entries: dict[str, list[runs.LedgerEntry]] = {}
    for name in chosen:
        names = naming(name, connection.environment)
        entries[name] = list(runs.ledger(connection, names))
        ringing += _ringing(connection, names)
        page.table(f"Runs of {name}", LEDGER_COLUMNS, [ledger_row(entry) for entry in entries[name]])
    page.json(
        {
            "runs": {name: [entry.as_dict() for entry in found] for name, found in entries.items()},
            "alarms": ringing,
        }
    )
    for entry in (entry for found in entries.values() for entry in found if entry.cause):
        page.messages.print(
            f"{entry.dataset} {entry.ingest_date}: {entry.error}: {entry.cause}", style="red", markup=False
        )
    if ringing:
        page.table("Alarms", ["alarm", "since", "reason"], [list(alarm.values()) for alarm in ringing])
    bad = [
        entry
        for found in entries.values()
        for entry in found
        if entry.status == "FAILED" or entry.adds_up is False
    ]
    page.next(f"dp run {chosen[0]}.<dataset> --date YYYY-MM-DD", "docs/runbooks/")
    return ExitCode.FINDINGS if bad or ringing else ExitCode.OK


def _ringing(connection: Connection, names: Naming) -> list[dict[str, str]]:
    pages = (
        connection.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=names.prefix, StateValue="ALARM")
    )
    return [
        {
            "alarm": alarm["AlarmName"],
            "since": str(alarm.get("StateUpdatedTimestamp", "")),
            "reason": alarm.get("StateReason", ""),
        }
        for page in pages
        for alarm in page.get("MetricAlarms", [])
    ]
