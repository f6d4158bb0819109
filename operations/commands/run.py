"""`dp run`."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from operations import runs
from operations.connection import connect
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.scope import naming, scope

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.scope import Scope

WHOLE_DOMAIN = "*"


def days(*, date: str | None, first: str | None, last: str | None) -> list[str]:
    """The ingest dates that the options name.

    Raises:
        CommandFailed: when they name none, too much, or something that is no date.

    Example:
        >>> days(date=None, first="2013-01-31", last="2013-02-01")
        ['2013-01-31', '2013-02-01']
    """
    if (date is None) == (first is None) or (first is None) != (last is None):
        raise CommandFailed("give either --date, or --from with --to", ExitCode.USAGE)
    start, end = _day(date or first or ""), _day(date or last or "")
    if start > end:
        raise CommandFailed(f"--from {start} is after --to {end}: swap them", ExitCode.USAGE)
    return [(start + dt.timedelta(days=n)).isoformat() for n in range((end - start).days + 1)]


def run(
    text: str, dates: list[str], *, force: bool, reread: bool, environment: str, as_json: bool
) -> ExitCode:
    """Run each day in order and stop at the first that fails."""
    page = Page(as_json=as_json)
    chosen = scope(text)
    _require_runs(chosen)
    connection = connect(environment)
    names = naming(chosen.domain.name, connection.environment)
    dataset = chosen.dataset.name if chosen.dataset else WHOLE_DOMAIN
    ended = []
    for date in dates:
        if connection.environment.name == "local":
            _deliver_demo(page, connection, names, chosen, date)
        again = {"force": force, "reread": reread}
        ended.append(_followed(page, connection, names, dataset=dataset, date=date, again=again))
        if not ended[-1].succeeded:
            break
    entries = [
        entry
        for entry in runs.ledger(connection, names)
        if entry.ingest_date in dates and dataset in (WHOLE_DOMAIN, entry.dataset)
    ]
    page.json({"runs": [asdict(one) for one in ended], "ledger": [entry.as_dict() for entry in entries]})
    page.table("Rows", LEDGER_COLUMNS, [ledger_row(entry) for entry in entries])
    failed = ended[-1] if not ended[-1].succeeded else None
    if failed:
        page.messages.print(f"{failed.error}: {failed.cause}", style="red", markup=False)
    page.next(f"dp status {chosen.domain.name}")
    return ExitCode.FINDINGS if failed else ExitCode.OK


def _require_runs(chosen: Scope) -> None:
    dataset = chosen.dataset
    if dataset is not None and dataset.stream is not None:
        raise CommandFailed(
            f"{dataset.domain}.{dataset.name} arrives over the topic {dataset.stream.topic}: its rows are loaded as "
            "they come, no day of it is run. Allowed: datasets without a stream. Mend: look at `dp streams`; load what "
            f"was set aside with `dp replay {dataset.stream.topic}`",
            ExitCode.USAGE,
        )


def _deliver_demo(page: Page, connection: Connection, names: Naming, chosen: Scope, date: str) -> None:
    """On a laptop the demo's sources deliver on demand, once: there is no producer to wait for."""
    from operations.laptop import flow

    asked = (chosen.dataset,) if chosen.dataset else _daily(chosen)
    with tempfile.TemporaryDirectory(prefix="sources-") as folder:
        for dataset in asked:
            if flow.deliver_day(connection, names, dataset, date, folder=Path(folder)):
                source = f"{dataset.source.name} delivered {names.domain}.{dataset.name} {date}"
                page.messages.print(source, markup=False)


def _daily(chosen: Scope) -> list[Dataset]:
    from data_platform.contracts.model import Delivery

    return [
        dataset for dataset in chosen.domain.of_runs.datasets if dataset.source.delivery is Delivery.DAILY
    ]


LEDGER_COLUMNS = ["dataset", "ingest_date", "status", "raw", "staged", "quarantined", "curated", "adds up"]


def ledger_row(entry: runs.LedgerEntry) -> list[object]:
    """One run as a row of the table that `dp run` and `dp status` show."""
    adds_up = {True: "yes", False: "NO", None: ""}[entry.adds_up]
    counts = [entry.raw, entry.staged, entry.quarantined, entry.curated]
    return [entry.dataset, entry.ingest_date, entry.status, *counts, adds_up]


def _followed(
    page: Page, connection: Connection, names: Naming, *, dataset: str, date: str, again: dict[str, bool]
) -> runs.EndedRun:
    label = f"{names.domain}.{dataset} {date}"
    with page.messages.status(label) as status:
        arn = runs.start(connection, names, dataset=dataset, ingest_date=date, **again)
        ended = runs.follow(connection, arn, on_state=lambda state: status.update(f"{label}: {state}"))
    page.messages.print(f"{label}: {ended.status} in {ended.seconds} s", markup=False)
    return ended


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"{text!r} is no date: write YYYY-MM-DD", ExitCode.USAGE) from error
