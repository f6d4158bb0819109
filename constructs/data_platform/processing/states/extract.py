"""Phase 2 of a source: all its tables of a day, read once, under one snapshot, without hurting the database.

An extraction is a run of its own of the same machine, with the ledger's item `source:<name>`: it is claimed like a
dataset's day, so that two at a time are refused and a dead one is taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.commit_replication import commit_replication_states
from data_platform.processing.states.reader import reader_states
from data_platform.processing.states.replicate import replicate_states
from data_platform.processing.states.run_extractor import run_extractor_states
from data_platform.processing.states.slot import slot_states
from data_platform.processing.states.task import choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_BUSY_PAUSE_SECONDS = 30
# Extractions of one source that are looked through for the newest watermark of each table.
_LOOK_BACK = 30
_SOURCE = "$lookup($sources, $run.dataset)"
# DMS copies all tables of a source at once, whichever is asked for.
_WANTED = """[$source.datasets[
    ($source.method = 'dms' or $count($run.datasets) = 0 or $ in $run.datasets)
    and ($run.reread or $not($ in $keys($last.tables)))
]]"""
_HIGHS = """(
    $newest := $merge($append({}, $reverse([$states.result.Items.$parse(tables.S)])));
    $high := function($table, $name) { $exists($table.high) and $table.high != null ? {$name: $table.high} : {} };
    $merge($append({}, $each($newest, $high)))
)"""
_TABLES = """(
    $entry := function($table, $name) { {$name: {
        'prefix': $table.prefix, 'rows': $table.rows, 'bytes': $table.bytes, 'sha256': $table.sha256,
        'low': $table.low, 'high': $table.high, 'extraction': $manifest.extraction, 'snapshot': $manifest.snapshot
    }} };
    $merge($append($last.tables, $each($manifest.tables, $entry)))
)"""


def extract_states(parts: MachineParts) -> dict[str, State]:
    """From a claimed day of a source to a committed extraction; nothing for a domain whose files are delivered."""
    if not parts.sources:
        return {}
    return {
        **_begin(parts),
        **_watermarks(parts),
        **_backpressure(),
        **slot_states(parts),
        **reader_states(parts),
        **run_extractor_states(parts),
        **replicate_states(parts),
        **commit_replication_states(parts),
        **_record(parts),
    }


def _begin(parts: MachineParts) -> dict[str, State]:
    start: State = {
        "Type": "Pass",
        "Assign": {"source": jsonata(_SOURCE), "plan_bucket": parts.plan_bucket, "waited": 0, "attempt": 0},
        "Output": {},
        "Next": "ChooseTables",
    }
    chosen: State = {
        "Type": "Pass",
        "Assign": {"wanted": jsonata(_WANTED)},
        "Output": {},
        "Next": "JudgeTables",
    }
    judged = choose("JudgeTables", ("$count($wanted) = 0", "RecordReused"), otherwise="FindWatermarks")
    reused = ledger.update(
        "RecordReused",
        table=parts.ledger,
        values={"status": {"S": "SUCCEEDED"}, "finished_at": {"S": jsonata("$now()")}},
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="Reused",
    )
    end: State = {
        "Type": "Succeed",
        "Output": {
            "status": "UNCHANGED",
            "dataset": jsonata("$run.dataset"),
            "ingest_date": jsonata("$run.ingest_date"),
            "tables": jsonata("$last.tables"),
        },
    }
    return {"StartExtraction": start, "ChooseTables": chosen, **judged, **reused, "Reused": end}


def _watermarks(parts: MachineParts) -> dict[str, State]:
    """How far each table was read before this day, whichever extraction read it last."""
    return task(
        "FindWatermarks",
        resource="aws-sdk:dynamodb:query",
        arguments={
            "TableName": parts.ledger,
            "KeyConditionExpression": "#dataset = :source AND #day < :day",
            "FilterExpression": "attribute_exists(#tables)",
            "ExpressionAttributeNames": {"#dataset": "dataset", "#day": "ingest_date", "#tables": "tables"},
            "ExpressionAttributeValues": {
                ":source": {"S": jsonata("$run.dataset")},
                ":day": {"S": jsonata("$run.ingest_date")},
            },
            "ScanIndexForward": False,
            "ConsistentRead": True,
            "Limit": _LOOK_BACK,
        },
        assign={"highs": jsonata(_HIGHS)},
        then="LookAtAlarms",
    )


def _backpressure() -> dict[str, State]:
    """A database that is busy is left alone for a while, and then the run gives up with the reason."""
    looked = task(
        "LookAtAlarms",
        resource="aws-sdk:cloudwatch:describeAlarms",
        arguments={"AlarmNames": jsonata("$source.alarms"), "StateValue": "ALARM"},
        assign={"ringing": jsonata("[$states.result.MetricAlarms.AlarmName]")},
        then="JudgeAlarms",
    )
    judged = choose(
        "JudgeAlarms",
        ("$count($ringing) = 0", "ClaimSlot"),
        ("$waited >= $source.busy_seconds", "SourceBusy"),
        otherwise="AwaitQuiet",
    )
    waited: State = {
        "Type": "Wait",
        "Seconds": _BUSY_PAUSE_SECONDS,
        "Assign": {"waited": jsonata(f"$waited + {_BUSY_PAUSE_SECONDS}")},
        "Next": "LookAtAlarms",
    }
    busy = refuse(
        "SourceBusy",
        error="SourceBusy",
        cause="""'the database ' & $source.name & ' is busy: ' & $join($ringing, ', ')
        & ' rang for ' & $string($waited) & ' s, and nothing of ' & $run.ingest_date
        & ' was read. Mend: find out what keeps it busy (docs/runbooks/run-failed.md), then run the day again.'""",
    )
    return {**looked, **judged, "AwaitQuiet": waited, **busy}


def _record(parts: MachineParts) -> dict[str, State]:
    recorded = ledger.update(
        "RecordExtraction",
        table=parts.ledger,
        values={
            "status": {"S": "SUCCEEDED"},
            "tables": {"S": jsonata(f"$string({_TABLES})")},
            "finished_at": {"S": jsonata("$now()")},
        },
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        assign={"tables": jsonata(_TABLES)},
        then="ReleaseSlot",
    )
    end: State = {
        "Type": "Succeed",
        "Output": {
            "status": "EXTRACTED",
            "dataset": jsonata("$run.dataset"),
            "ingest_date": jsonata("$run.ingest_date"),
            "tables": jsonata("$tables"),
        },
    }
    return {**recorded, "Extracted": end}
