"""A source that our extractor reads: a task beside the database, repeated only when that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.commit_replication import MANIFEST_KEY
from data_platform.processing.states.reader import has_extractor
from data_platform.processing.states.task import catch, choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_ATTEMPTS = 3
_LOG_LINES = 20
# The extractor ends with these when repeating does not help: refused by name, and a wrong call.
_NEVER_AGAIN = "[1, 2]"
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


def run_extractor_states(parts: MachineParts) -> dict[str, State]:
    """From a slot of the source to its manifest; nothing where our extractor reads nothing."""
    if not has_extractor(parts):
        return {}
    return {**_read(parts), **_judge(), **_manifest()}


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


def _manifest() -> dict[str, State]:
    return task(
        "ReadManifest",
        resource="aws-sdk:s3:getObject",
        arguments={"Bucket": jsonata("$source.bucket"), "Key": jsonata(MANIFEST_KEY)},
        assign={"manifest": jsonata("$parse($states.result.Body)")},
        then="RecordExtraction",
    )
