"""A source that DMS copies: start the replication, wait for its end, and believe it only table by table.

A replication that goes on with what changes has no end: once its tables are loaded, a run takes what came since the
run before and leaves it running. What DMS wrote is then copied to the datasets and committed by a manifest
(`commit_replication.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.reader import has_replication
from data_platform.processing.states.task import catch, choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_PAUSE_SECONDS = 60
_NOT_STARTED, _AT_REST = "['created', 'ready']", "['created', 'ready', 'stopped', 'failed']"
_MOST_TABLES_A_PAGE = 500
_SDK = "aws-sdk:databasemigration"
_SEEN = """(
    $found := $states.result.Replications[0];
    $told := $append($append([], $found.StopReason), $found.FailureMessages);
    {
        'status': $exists($found.Status) ? $lowercase($found.Status) : 'missing',
        'reason': $count($told) = 0 ? 'DMS gives no reason' : $join($told, '; ')
    }
)"""
# Statistics of an earlier copy say nothing of this one, hence the time.
_LOADED = """(
    $one := function($table) { {$table.SchemaName & '.' & $table.TableName: {
        'rows': $exists($table.FullLoadRows) ? $table.FullLoadRows : 0,
        'ended': $exists($table.FullLoadEndTime) ? $table.FullLoadEndTime : '',
        'done': $table.TableState = 'Table completed' and $not($table.FullLoadErrorRows > 0)
            and $exists($table.FullLoadEndTime)
            and ($source.changes or $toMillis($table.FullLoadEndTime) >= $toMillis($replication.began)),
        'state': $string($table.TableState)
    }} };
    $all := $merge($append({}, [$states.result.ReplicationTableStatistics.$one($)]));
    $of := function($name) { $lookup($all, $lookup($source.tables, $name)) };
    {
        'rows': $merge($append({}, [$wanted.{$: $exists($of($).rows) ? $of($).rows : 0}])),
        'ended': $merge($append({}, [$wanted.{$: $exists($of($).ended) ? $of($).ended : ''}])),
        'broken': $count([$wanted[$of($).state in ['Table error', 'Table cancelled', 'Table does not exist']]]) > 0,
        'unfinished': [$filter($wanted, function($name) { $not($of($name).done = true) }).(
            $lookup($source.tables, $) & ' (' & ($exists($of($).state) ? $of($).state : 'unknown to DMS') & ')'
        )]
    }
)"""


def replicate_states(parts: MachineParts) -> dict[str, State]:
    """From a slot of the source to tables that DMS wrote whole; nothing where DMS copies nothing."""
    if not has_replication(parts):
        return {}
    return {**_begin(), **_started(), **_followed(), **_judged(), **_refusals()}


def _look(name: str, *, into: str, then: str) -> dict[str, State]:
    return task(
        name,
        resource=f"{_SDK}:describeReplications",
        arguments={
            "Filters": [{"Name": "replication-config-arn", "Values": [jsonata("$source.replication")]}]
        },
        assign={into: jsonata(_SEEN)},
        then=then,
    )


def _pause(name: str, *, then: str) -> dict[str, State]:
    state: State = {
        "Type": "Wait",
        "Seconds": _PAUSE_SECONDS,
        "Assign": {"copied_for": jsonata(f"$copied_for + {_PAUSE_SECONDS}")},
        "Next": then,
    }
    return {name: state}


def _begin() -> dict[str, State]:
    """A copy whose run is dead may still be going on: its end is awaited."""
    begin: State = {
        "Type": "Pass",
        "Assign": {"copied_for": 0, "replication": {"began": "", "kind": ""}},
        "Output": {},
        "Next": "ReadReplication",
    }
    judged = choose(
        "JudgeReplication",
        ("$source.changes and $seen.status = 'running'", "ReadTableStatistics"),
        (f"$seen.status in {_AT_REST}", "MarkReplication"),
        ("$seen.status = 'missing'", "ReplicationFailed"),
        ("$copied_for >= $source.task_seconds", "ReplicationTooLong"),
        otherwise="AwaitEarlierReplication",
    )
    marked: State = {
        "Type": "Pass",
        "Assign": {
            "copied_for": 0,
            "replication": {
                "began": jsonata("$now()"),
                "kind": jsonata(
                    f"$seen.status in {_NOT_STARTED} ? 'start-replication'"
                    " : $source.changes ? 'resume-processing' : 'reload-target'"
                ),
            },
        },
        "Output": {},
        "Next": "StartReplication",
    }
    return {
        "BeginReplication": begin,
        **_look("ReadReplication", into="seen", then="JudgeReplication"),
        **judged,
        **_pause("AwaitEarlierReplication", then="ReadReplication"),
        "MarkReplication": marked,
    }


def _started() -> dict[str, State]:
    already = "DatabaseMigration.InvalidResourceStateException"
    return task(
        "StartReplication",
        resource=f"{_SDK}:startReplication",
        arguments={
            "ReplicationConfigArn": jsonata("$source.replication"),
            "StartReplicationType": jsonata("$replication.kind"),
        },
        then="AwaitReplication",
        never_again=[already],
        # The answer to a call that started it may be lost: what DMS does now is looked at.
        catches=[catch("StartReplication", already, then="AwaitReplication")],
    )


def _followed() -> dict[str, State]:
    judged = choose(
        "JudgeProgress",
        ("$seen.status = ($source.changes ? 'running' : 'stopped')", "ReadTableStatistics"),
        ("$seen.status in ['failed', 'missing', 'created', 'stopped']", "ReplicationFailed"),
        ("$copied_for >= $source.task_seconds", "StopReplication"),
        otherwise="AwaitReplication",
    )
    stopped = task(
        "StopReplication",
        resource=f"{_SDK}:stopReplication",
        arguments={"ReplicationConfigArn": jsonata("$source.replication")},
        then="ReplicationTooLong",
        otherwise="ReplicationTooLong",
    )
    return {
        **_pause("AwaitReplication", then="LookAtReplication"),
        **_look("LookAtReplication", into="seen", then="JudgeProgress"),
        **judged,
        **stopped,
    }


def _judged() -> dict[str, State]:
    read = task(
        "ReadTableStatistics",
        resource=f"{_SDK}:describeReplicationTableStatistics",
        arguments={
            "ReplicationConfigArn": jsonata("$source.replication"),
            "MaxRecords": _MOST_TABLES_A_PAGE,
        },
        assign={"loaded": jsonata(_LOADED)},
        then="JudgeTableLoads",
    )
    judged = choose(
        "JudgeTableLoads",
        ("$count($loaded.unfinished) > 0 and $not($source.changes)", "ReplicationIncomplete"),
        ("$count($loaded.unfinished) = 0 and $source.changes", "CutChanges"),
        ("$count($loaded.unfinished) = 0", "CopyTables"),
        ("$loaded.broken or $copied_for >= $source.task_seconds", "ReplicationIncomplete"),
        otherwise="AwaitReplication",
    )
    # A whole load that ended before the cut is in it, one that ends later is in the next.
    cut: State = {
        "Type": "Pass",
        "Assign": {"replication": {"began": jsonata("$now()"), "kind": "changes"}},
        "Output": {},
        "Next": "CopyTables",
    }
    return {**read, **judged, "CutChanges": cut}


def _refusals() -> dict[str, State]:
    """Nothing of a copy that did not end well is seen; the next run loads every table again."""
    unseen = "& ', nothing of ' & $run.ingest_date & ' is seen. Mend: docs/databases.md#dms says where DMS logs why.'"
    failed = refuse(
        "ReplicationFailed",
        error="ExtractionFailed",
        cause=f"'DMS did not copy ' & $source.name & ' (' & $seen.status & '): ' & $seen.reason {unseen}",
    )
    late = refuse(
        "ReplicationTooLong",
        error="ExtractionFailed",
        cause=f"""'DMS is still copying ' & $source.name & ' after ' & $string($copied_for) & ' s (' & $seen.status
        & ')' {unseen}""",
    )
    incomplete = refuse(
        "ReplicationIncomplete",
        error="ExtractionFailed",
        cause=f"""'DMS did not copy every table of ' & $source.name & ' whole: ' & $join($loaded.unfinished, ', ')
        {unseen}""",
    )
    return {**failed, **late, **incomplete}
