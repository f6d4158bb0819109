"""Phase 2 of a source: all its tables of a day, read once, under one snapshot, without hurting the database.

An extraction is a run of its own of the same machine, with the ledger's item `source:<name>`: it is claimed like a
dataset's day, so that two at a time are refused and a dead one is taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.slot import slot_states
from data_platform.processing.states.task import catch, choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_BUSY_PAUSE_SECONDS = 30
# Extractions of one source that are looked through for the newest watermark of each table.
_LOOK_BACK = 30
_ATTEMPTS = 3
_LOG_LINES = 20
# The extractor ends with these when repeating does not help: refused by name, and a wrong call.
_NEVER_AGAIN = "[1, 2]"
_SOURCE = "$lookup($sources, $run.dataset)"
_WANTED = """[$source.datasets[
    ($count($run.datasets) = 0 or $ in $run.datasets) and ($run.force or $not($ in $keys($last.tables)))
]]"""
_KEY = (
    "'_extractions/source=' & $source.name & '/ingest_date=' & $run.ingest_date & '/' & $run.run_id & '.json'"
)
_HIGHS = """(
    $newest := $merge($append({}, $reverse([$states.result.Items.$parse(tables.S)])));
    $high := function($table, $name) { $exists($table.high) and $table.high != null ? {$name: $table.high} : {} };
    $merge($append({}, $each($newest, $high)))
)"""
_COMMAND = """(
    $planned := function($all, $name) {
        $append($all, ['--plan', 's3://' & $plan_bucket & '/' & $lookup($plans, $name)])
    };
    $since := function($all, $name) { $append($all, ['--since', $name & '=' & $lookup($highs, $name)]) };
    $known := [$wanted[$ in $source.watermarked and $ in $keys($highs)]];
    $call := ['--date', $run.ingest_date, '--extraction', $run.run_id, '--workers', $string($source.workers), '--json'];
    $append($append($reduce($wanted, $planned, []), $call), $reduce($known, $since, []))
)"""
_TASK = r"""(
    $text := $string($states.errorOutput.Cause);
    $job := $contains($text, /^\s*\{[\s\S]*\}\s*$/) ? $parse($text) : {};
    {
        'exit': $exists($job.Containers[0].ExitCode) ? $job.Containers[0].ExitCode : -1,
        'id': $exists($job.TaskArn) ? $split($string($job.TaskArn), '/')[-1] : '',
        'reason': $exists($job.StoppedReason) ? $string($job.StoppedReason) : $substring($text, 0, 1000)
    }
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
        **_read(parts),
        **_judge(),
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
        & ' was read. Mend: find out what keeps it busy (docs/runbooks/source-busy.md), then run the day again.'""",
    )
    return {**looked, **judged, "AwaitQuiet": waited, **busy}


def _read(parts: MachineParts) -> dict[str, State]:
    run = task(
        "RunExtractor",
        resource="ecs:runTask.sync",
        arguments={
            "Cluster": parts.cluster_arn,
            "TaskDefinition": jsonata("$source.task_definition"),
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": list(parts.subnet_ids),
                    "SecurityGroups": jsonata("$source.security_groups"),
                    "AssignPublicIp": "DISABLED",
                }
            },
            "Overrides": {
                "ContainerOverrides": [
                    {
                        "Name": jsonata("$source.container"),
                        "Command": jsonata(_COMMAND),
                        "Environment": jsonata("$source.environment"),
                    }
                ]
            },
        },
        assign={"attempt": jsonata("$attempt + 1")},
        then="ReadManifest",
        timeout_seconds=max(source.task_seconds for source in parts.sources),
        never_again=["States.TaskFailed", "States.Timeout"],
    )
    # Whether it may be read again is told by the exit code, which no retry rule can see.
    run["RunExtractor"]["Catch"] = [
        {
            "ErrorEquals": ["States.TaskFailed", "States.Timeout"],
            "Assign": {"ended": jsonata(_TASK), "attempt": jsonata("$attempt + 1")},
            "Output": {},
            "Next": "JudgeExtractor",
        },
        catch("RunExtractor", fails_as="ExtractionFailed"),
    ]
    return run


def _judge() -> dict[str, State]:
    judged = choose(
        "JudgeExtractor",
        (f"$ended.exit in {_NEVER_AGAIN} or $attempt >= {_ATTEMPTS}", "ChooseLog"),
        otherwise="AwaitExtractor",
    )
    paused: State = {
        "Type": "Wait",
        "Seconds": jsonata("1 + $floor($random() * $power(2, $attempt) * 5)"),
        "Next": "LookAtAlarms",
    }
    forked = choose("ChooseLog", ("$ended.id = ''", "ExtractorStopped"), otherwise="ReadExtractorLog")
    logged = task(
        "ReadExtractorLog",
        resource="aws-sdk:cloudwatchlogs:getLogEvents",
        arguments={
            "LogGroupName": jsonata("$source.log_group"),
            "LogStreamName": jsonata("$source.log_prefix & '/' & $source.container & '/' & $ended.id"),
            "Limit": _LOG_LINES,
            "StartFromHead": False,
        },
        assign={"said": jsonata("$join([$states.result.Events.Message], ' ')")},
        then="ExtractionRefused",
        otherwise="ExtractorStopped",
    )
    refused = refuse(
        "ExtractionRefused",
        error="ExtractionFailed",
        cause="""'the extractor of ' & $source.name & ' ended with exit code ' & $string($ended.exit) & ' for '
        & $run.ingest_date & ', nothing of it is seen: ' & $said""",
    )
    stopped = refuse(
        "ExtractorStopped",
        error="ExtractionFailed",
        cause="""'the extractor of ' & $source.name & ' did not end well for ' & $run.ingest_date
        & ' (exit code ' & $string($ended.exit) & ', ' & $ended.reason & '), nothing of it is seen. Its log: group '
        & $source.log_group & '. Mend: docs/runbooks/run-failed.md says how to read it.'""",
    )
    return {**judged, "AwaitExtractor": paused, **forked, **logged, **refused, **stopped}


def _record(parts: MachineParts) -> dict[str, State]:
    read = task(
        "ReadManifest",
        resource="aws-sdk:s3:getObject",
        arguments={"Bucket": jsonata("$source.bucket"), "Key": jsonata(_KEY)},
        assign={"manifest": jsonata("$parse($states.result.Body)")},
        then="RecordExtraction",
    )
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
    return {**read, **recorded, "Extracted": end}
