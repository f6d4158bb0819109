"""The failure path: say readably what failed and where, clean up, write it down, count it, fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.dbt import release
from data_platform.processing.states.query import query
from data_platform.processing.states.record import measure
from data_platform.processing.states.slot import release_slot
from data_platform.processing.states.task import choose, jsonata

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# A cause is JSON when a service describes its job: Lambda an error, Athena a query, ECS a task, Step Functions an
# execution. The sentence in it is what a person needs; anything else is given as it is.
_SAID = r"""(
    $cause := $string($states.input.Cause);
    $job := $contains($cause, /^\s*\{[\s\S]*\}\s*$/) ? $parse($cause) : {};
    $exit := $job.Containers[0].ExitCode;
    $task := $split($string($job.TaskArn), '/')[-1];
    $exists($job.errorMessage) ? $string($job.errorMessage)
    : $exists($job.**.StateChangeReason) ? $string([$job.**.StateChangeReason][0])
    : $exists($job.TaskArn) and $not($exists($exit)) ? 'the dbt task did not run: ' & $string($job.StoppedReason)
        & '. Mend: docs/runbooks/run-failed.md says how.'
    : $exists($job.TaskArn) ? 'dbt ended with exit code ' & $string($exit)
        & ' (' & $string($job.StoppedReason) & '). Its log: group ' & $dbt_log & ', stream dbt/' & $container & '/'
        & $task & '. Mend: docs/runbooks/run-failed.md says how to read it.'
    : $exists($job.Cause) ? $string($job.Cause)
    : $cause
)"""
_PLACE = "$run.dataset & ' ' & $run.ingest_date & ', step ' & $failed_at & ': '"
# DynamoDB and a Fail state would take more, a person would not.
_LONGEST_CAUSE = 8000
_ERROR = "$states.input.Error in ['States.TaskFailed', 'TaskFailed'] ? $fails_as : $states.input.Error"


def failure_states(parts: MachineParts) -> dict[str, State]:
    """From any error to the end of a failed run. Nothing here can hide the error that led here."""
    cause = _SAID.replace("$dbt_log", f"'{parts.dbt_log_group}'").replace(
        "$container", f"'{parts.container}'"
    )
    explained: State = {
        "Type": "Pass",
        "Assign": {
            "failure": {
                "error": jsonata(_ERROR),
                "cause": jsonata(f"$substring(({_with_place(cause)}), 0, {_LONGEST_CAUSE})"),
            }
        },
        "Output": {},
        "Next": "ChooseSweep",
    }
    sweep = choose("ChooseSweep", ("$touched.candidate", "SweepAfterFailure"), otherwise="ChooseRelease")
    swept = query(
        "SweepAfterFailure",
        sql="clear_candidate",
        then="ChooseRelease",
        otherwise="ChooseRelease",
        timeout_seconds=parts.query_seconds,
    )
    give_back = choose(
        "ChooseRelease",
        ("$touched.dbt", "ReleaseAfterFailure"),
        *([("$slot.held", "ReleaseSlotAfterFailure")] if parts.sources else []),
        otherwise="RecordFailure",
    )
    slot = release_slot(parts, "ReleaseSlotAfterFailure", then="RecordFailure") if parts.sources else {}
    return {
        "Explain": explained,
        **sweep,
        **swept,
        **give_back,
        **slot,
        **release(parts, "ReleaseAfterFailure", then="RecordFailure"),
        **_record(parts),
        "Failed": {"Type": "Fail", "Error": jsonata("$failure.error"), "Cause": jsonata("$failure.cause")},
    }


def _with_place(said: str) -> str:
    """Functions and this machine name dataset and day themselves; for what AWS says they are put in front."""
    return f"($said := {said}; $contains($said, $run.ingest_date) ? $said : {_PLACE} & $said)"


def _record(parts: MachineParts) -> dict[str, State]:
    recorded = ledger.update(
        "RecordFailure",
        table=parts.ledger,
        values={
            "status": {"S": "FAILED"},
            "error": {"S": jsonata("$failure.error")},
            "cause": {"S": jsonata("$failure.cause")},
            "failed_at": {"S": jsonata("$failed_at")},
            "finished_at": {"S": jsonata("$now()")},
        },
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="MeasureFailure",
        otherwise="MeasureFailure",
    )
    measured = measure(
        parts,
        "MeasureFailure",
        {
            "RunFailed": (1, "Count"),
            "GateFailed": (jsonata("$failure.error = 'QualityGateFailed' ? 1 : 0"), "Count"),
            "DriftFound": (jsonata("$failure.error in ['SchemaDrift', 'PoisonFile'] ? 1 : 0"), "Count"),
        },
        then="Failed",
    )
    return {**recorded, **measured}
