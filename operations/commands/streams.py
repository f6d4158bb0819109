"""`dp streams`."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from operations.connection import connect
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.streams.bounds import Range
from operations.streams.loading import loading
from operations.streams.marks import SENT, Marks, Place
from operations.streams.target import Reach, Target, reach, targets

if TYPE_CHECKING:
    from operations.connection import Connection

_COLUMNS = [
    "topic",
    "partitions",
    "end offsets",
    "lag",
    "unmerged files",
    "rows",
    "dead letters open",
    "oldest, h",
]


def run(domain: str | None, *, environment: str, as_json: bool) -> ExitCode:
    """Show each topic; FINDINGS when one has open dead letters."""
    page = Page(as_json=as_json)
    meant = targets(domain)
    if not meant:
        raise CommandFailed(
            f"{domain or 'no domain'} has no stream: no contract says `stream`", ExitCode.USAGE
        )
    connection = connect(environment)
    reaches: dict[str, Reach] = {}
    found = [_status(_reach(connection, reaches, each.dataset.domain), each) for each in meant]
    page.json({"streams": found})
    page.table("Streams", _COLUMNS, [_row(each) for each in found])
    still = [each["topic"] for each in found if each["open_dead_letters"]]
    page.next(*([f"dp replay {still[0]} --dry-run"] if still else [f"dp status {meant[0].dataset.domain}"]))
    return ExitCode.FINDINGS if still else ExitCode.OK


def _reach(connection: Connection, known: dict[str, Reach], domain: str) -> Reach:
    if domain not in known:
        known[domain] = reach(connection, domain)
    return known[domain]


def _status(kafka: Reach, each: Target) -> dict[str, Any]:
    topic, group = each.stream.topic, each.group
    dynamodb, table = kafka.connection.client("dynamodb"), kafka.names.run_ledger
    ends = kafka.records(topic, group).ends()
    told = loading(dynamodb, table=table, topic=topic)
    marks = Marks(dynamodb, table=table, topic=topic, owner=uuid.uuid4().hex).all("dlq")
    letters = kafka.records(each.stream.dead_letters, group)
    ages = [
        record.timestamp
        for record in letters.within(Range(), letters.bounds())
        if (mark := marks.get(Place(record.partition, record.offset))) is None or mark.state != SENT
    ]
    now = dt.datetime.now(dt.UTC).timestamp()
    return {
        "topic": topic,
        "end_offsets": ends,
        "lag": sum(max(0, end - told.next_offset.get(at, 0)) for at, end in ends.items()),
        "next_offsets": told.next_offset,
        "merged_offsets": told.merged_offset,
        "unmerged_files": told.unmerged,
        "counts": told.counts,
        "open_dead_letters": len(ages),
        "oldest_dead_letter_seconds": round(now - min(ages) / 1000) if ages else None,
    }


def _row(each: dict[str, Any]) -> list[object]:
    oldest = each["oldest_dead_letter_seconds"]
    return [
        each["topic"],
        len(each["end_offsets"]),
        sum(each["end_offsets"].values()),
        each["lag"],
        each["unmerged_files"],
        each["counts"]["rows"],
        each["open_dead_letters"],
        "" if oldest is None else f"{oldest / 3600:.1f}",
    ]
