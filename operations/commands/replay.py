"""`dp replay`."""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from operations.connection import connect
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.streams import bounds
from operations.streams.expressions import Expression
from operations.streams.letters import Mending, Resent
from operations.streams.loading import loaded
from operations.streams.marks import Marks
from operations.streams.replay import Outcome, Replay
from operations.streams.sending import Sender
from operations.streams.target import reach, target
from operations.streams.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from operations.streams.bounds import Range
    from operations.streams.records import Record

SOURCES = ("dlq", "topic")
_SHOWN = 5


def run(
    topic: str,
    *,
    first: str | None,
    last: str | None,
    chosen: str | None,
    fix: str | None,
    dry_run: bool,
    rate: float,
    source: str,
    wait: float,
    environment: str,
    as_json: bool,
) -> ExitCode:
    """Send what is open again, or show what would be sent."""
    page = Page(as_json=as_json)
    wanted = bounds.chosen(first, last, dt.datetime.now(dt.UTC))
    _require(source, wanted)
    only = Expression(chosen, "--filter") if chosen else None
    mend = Expression(fix, "--fix") if fix else None
    meant = target(topic)
    kafka = reach(connect(environment), meant.dataset.domain)
    letters = kafka.records(meant.stream.dead_letters, meant.group)
    dynamodb = kafka.connection.client("dynamodb")
    values = Values(kafka.connection.client("glue"), registry=kafka.names.stream)
    replay = Replay(
        marks=Marks(dynamodb, table=kafka.names.run_ledger, topic=topic, owner=uuid.uuid4().hex),
        topic=kafka.records(topic, meant.group),
        letters=letters,
        source=source,
        mending=Mending(values, topic=topic, chosen=only, fix=mend),
        sender=Sender(kafka.settings, topic=topic, rate=rate),
        name=topic,
        rate=rate,
    )
    found = _groups(replay.open(wanted))
    page.table(f"Open in {meant.stream.dead_letters if source == 'dlq' else topic}", _COLUMNS, _rows(found))
    if dry_run:
        return _dry_run(page, replay, wanted, found, topic)
    ends = letters.ends()
    with page.messages.status(f"{topic}: replaying") as status:
        outcome = replay.run(wanted, lambda sent: status.update(f"{topic}: {sent:,} replayed"))
        status.update(f"{topic}: waiting for the loader")
        replay.watch(
            outcome,
            ends,
            seconds=wait,
            loaded=lambda: loaded(dynamodb, table=kafka.names.run_ledger, topic=topic),
        )
    return _told(page, topic, found, outcome)


def _require(source: str, wanted: Range) -> None:
    if source not in SOURCES:
        raise CommandFailed(
            f"--source {source!r} is nothing to replay. Allowed: {', '.join(SOURCES)}", ExitCode.USAGE
        )
    if source == "topic" and (wanted.first is None or wanted.last is None):
        raise CommandFailed(
            "--source topic sends what was loaded once again: say what, with --from and --to", ExitCode.USAGE
        )


_COLUMNS = ["error class", "reason", "column", "records", "first at", "last at"]


def _groups(records: Iterable[Record]) -> dict[tuple[str, str, str], list[int]]:
    """Timestamps' number, first and last, by error class, reason and column."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for record in records:
        name = tuple(record.header(f"dp.error.{part}") for part in ("class", "reason", "column"))
        count, low, high = found.get(name, [0, record.timestamp, record.timestamp])  # type: ignore[arg-type] # three texts
        found[name] = [count + 1, min(low, record.timestamp), max(high, record.timestamp)]  # type: ignore[index] # the same
    return found


def _rows(found: dict[tuple[str, str, str], list[int]]) -> list[list[object]]:
    ordered = sorted(found.items(), key=lambda each: -each[1][0])
    return [[*name, count, _moment(low), _moment(high)] for name, (count, low, high) in ordered]


def _moment(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).isoformat(timespec="seconds")


def _documents(found: dict[tuple[str, str, str], list[int]]) -> list[dict[str, object]]:
    names = ("class", "reason", "column", "records", "first_at", "last_at")
    return [dict(zip(names, row, strict=True)) for row in _rows(found)]


def _dry_run(
    page: Page, replay: Replay, wanted: Range, found: dict[tuple[str, str, str], list[int]], topic: str
) -> ExitCode:
    would, skipped, refused = 0, 0, Counter[str]()
    shown: list[dict[str, Any]] = []
    for each in replay.preview(wanted):
        if isinstance(each, Resent):
            would += 1
            if each.before != each.after and len(shown) < _SHOWN:
                shown.append({"place": str(each.place), "difference": list(_difference(each))})
        elif each.failed:
            refused[each.why] += 1
        else:
            skipped += 1
    page.json(
        {
            "topic": topic,
            "open": _documents(found),
            "would_replay": would,
            "skipped": skipped,
            "refused": refused,
            "differences": shown,
        }
    )
    for change in shown:
        page.line(f"{change['place']}")
        for line in change["difference"]:
            page.line(f"  {line}")
    _refusals(page, refused)
    page.messages.print(
        f"Dry run: {would:,} would be replayed, {skipped:,} skipped, {refused.total():,} refused",
        markup=False,
    )
    page.next(f"dp replay {topic} with the same options and without --dry-run")
    return ExitCode.FINDINGS if refused else ExitCode.OK


def _difference(each: Resent) -> Iterable[str]:
    now, then = (
        json.dumps(side, indent=1, sort_keys=True, ensure_ascii=False).splitlines()
        for side in (each.before, each.after)
    )
    return itertools.islice(difflib.unified_diff(now, then, n=1, lineterm=""), 2, None)


def _told(page: Page, topic: str, found: dict[tuple[str, str, str], list[int]], outcome: Outcome) -> ExitCode:
    document: dict[str, Any] = {
        "topic": topic,
        "open": _documents(found),
        "replayed": len(outcome.replayed),
        "found_sent": len(outcome.resumed),
        "still_poisoned": {str(place): why for place, why in sorted(outcome.poisoned.items())},
        "not_loaded_yet": outcome.unseen,
        "skipped": outcome.skipped,
        "refused": {str(place): why for place, why in sorted(outcome.refused.items())},
        "failed": {str(place): why for place, why in sorted(outcome.failed.items())},
        "doubtful": [str(place) for place in sorted(outcome.doubtful)],
    }
    page.json(document)
    rows = [
        ["replayed", len(outcome.replayed)],
        ["sent by an earlier, interrupted replay", len(outcome.resumed)],
        ["still poisoned", len(outcome.poisoned)],
        ["not loaded yet", outcome.unseen],
        ["skipped", outcome.skipped.total()],
        ["refused by --filter or --fix", len(outcome.refused)],
        ["not taken by Kafka", len(outcome.failed)],
        ["doubtful", len(outcome.doubtful)],
    ]
    page.table(f"Replay of {topic}", ["what", "records"], rows)
    for reasons in (outcome.poisoned, outcome.refused, outcome.failed):
        _refusals(page, Counter(reasons.values()))
    if outcome.doubtful:
        page.messages.print(
            f"{len(outcome.doubtful):,} were being sent when a replay ended, and the topic keeps that time no more: "
            "whether they were sent cannot be told. docs/runbooks/streaming-dead-letters.md",
            style="red",
            markup=False,
        )
    page.next(f"dp streams {topic.partition('.')[0]}", "docs/runbooks/streaming-dead-letters.md")
    return ExitCode.OK if outcome.clean else ExitCode.FINDINGS


def _refusals(page: Page, reasons: Counter[str]) -> None:
    for why, count in reasons.most_common(_SHOWN):
        page.messages.print(f"{count:,}: {why}", style="red", markup=False)
