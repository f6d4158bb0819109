"""Start runs, follow them and read what the ledger says of them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

# Step Functions in AWS throttles callers that ask more often; the embedded one is on this machine, whose processors
# a long run needs for itself.
_POLL_SECONDS, _POLL_SECONDS_LOCAL, _LONGEST_POLL_SECONDS_LOCAL = 2.0, 0.3, 1.0
_SLOWER = 1.25
_RECENT_EVENTS = 50
_RUNNING = "RUNNING"
_NO_RUNS = ("#", "stream:")  # the ledger also holds the lock of dbt, and what is loaded of streams
COUNTS = ("raw", "staged", "quarantined", "curated")


@dataclass(frozen=True, kw_only=True)
class EndedRun:
    """How one execution ended. `error` and `cause` are empty when it succeeded."""

    execution_arn: str
    dataset: str
    ingest_date: str
    status: str
    error: str
    cause: str
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether it did what was asked."""
        return self.status == "SUCCEEDED"


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One run as the ledger holds it; counts are rows of that ingest_date, None while unknown."""

    dataset: str
    ingest_date: str
    status: str
    run_id: str
    raw: int | None
    staged: int | None
    quarantined: int | None
    curated: int | None
    error: str
    cause: str
    finished_at: str

    @property
    def adds_up(self) -> bool | None:
        """Whether raw = staged + quarantined; None while a count is unknown."""
        if self.raw is None or self.staged is None or self.quarantined is None:
            return None
        return self.raw == self.staged + self.quarantined

    def as_dict(self) -> dict[str, Any]:
        """The entry for machines."""
        return {**asdict(self), "adds_up": self.adds_up}


def start(
    connection: Connection,
    naming: Naming,
    *,
    dataset: str,
    ingest_date: str,
    force: bool = False,
    reread: bool = False,
) -> str:
    """Start a run and return the ARN of its execution.

    Args:
        connection: The environment.
        naming: Physical names.
        dataset: The dataset; "*" is the whole domain.
        ingest_date: The day.
        force: Load again even when nothing changed.
        reread: Read the database again, though the day was read before.
    """
    asked: dict[str, Any] = {"dataset": dataset, "ingest_date": ingest_date}
    if force:
        asked["force"] = True
    if reread:
        asked["reread"] = True
    answer = connection.client("stepfunctions").start_execution(
        stateMachineArn=naming.state_machine_arn, input=json.dumps(asked)
    )
    return str(answer["executionArn"])


def follow(
    connection: Connection, execution_arn: str, on_state: Callable[[str], None] = lambda _: None
) -> EndedRun:
    """Wait until an execution ends, telling the states that it enters."""
    client = connection.client("stepfunctions")
    told = 0
    pauses = _pauses(local=connection.endpoint is not None)
    while True:
        seen = client.describe_execution(executionArn=execution_arn)
        for event, state in _entered(client, execution_arn):
            if event > told:
                on_state(state)
                told = event
        if seen["status"] != _RUNNING:
            return _ended(seen)
        time.sleep(next(pauses))


def ledger(connection: Connection, naming: Naming) -> Iterator[LedgerEntry]:
    """Every run that the domain's ledger knows, by dataset and day."""
    pages = connection.client("dynamodb").get_paginator("scan").paginate(TableName=naming.run_ledger)
    items = [
        {name: _plain(value) for name, value in item.items()} for page in pages for item in page["Items"]
    ]
    for item in sorted(items, key=lambda entry: (entry["dataset"], entry["ingest_date"])):
        if item["dataset"].startswith(_NO_RUNS):
            continue
        rows = _rows(item.get("rows"))
        yield LedgerEntry(
            dataset=item["dataset"],
            ingest_date=item["ingest_date"],
            status=item.get("status", ""),
            run_id=str(item.get("run_id", "")),
            error=str(item.get("error", "")),
            cause=str(item.get("cause", "")),
            finished_at=str(item.get("finished_at", "")),
            **{name: _whole(rows.get(name)) for name in COUNTS},
        )


def _pauses(*, local: bool) -> Iterator[float]:
    """How long to wait before each next look: on this machine short at first, for short runs."""
    pause, longest = (_POLL_SECONDS_LOCAL, _LONGEST_POLL_SECONDS_LOCAL) if local else (_POLL_SECONDS,) * 2
    while True:
        yield pause
        pause = min(pause * _SLOWER, longest)


def _entered(client: Any, execution_arn: str) -> list[tuple[int, str]]:
    """The states entered last, oldest first, by the number of the event: enough to show where a run is."""
    page = client.get_execution_history(
        executionArn=execution_arn,
        reverseOrder=True,
        maxResults=_RECENT_EVENTS,
        includeExecutionData=False,
    )
    entered = [
        (event["id"], event["stateEnteredEventDetails"]["name"])
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    ]
    return entered[::-1]


def _ended(seen: dict[str, Any]) -> EndedRun:
    asked = json.loads(seen.get("input") or "{}")
    return EndedRun(
        execution_arn=seen["executionArn"],
        dataset=str(asked.get("dataset", "")),
        ingest_date=str(asked.get("ingest_date", "")),
        status=seen["status"],
        error=seen.get("error", ""),
        cause=seen.get("cause", ""),
        seconds=round((seen["stopDate"] - seen["startDate"]).total_seconds(), 1),
    )


def _rows(recorded: object) -> dict[str, Any]:
    """The counts as the run wrote them, a JSON text; empty while there are none."""
    found = json.loads(recorded) if isinstance(recorded, str) and recorded else recorded
    return found if isinstance(found, dict) else {}


def _plain(value: dict[str, Any]) -> Any:
    (kind, content), *_ = value.items()
    if kind == "M":
        return {name: _plain(inner) for name, inner in content.items()}
    if kind == "L":
        return [_plain(inner) for inner in content]
    return None if kind == "NULL" else content


def _whole(value: object) -> int | None:
    return int(str(value)) if value not in (None, "") else None
