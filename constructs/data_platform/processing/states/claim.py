"""Phase 1: read the input, refuse a bad one, and claim the day in the ledger so that one run has it alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.task import catch, choose, jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_RUN = {
    "dataset": jsonata("$exists($states.input.dataset) ? $string($states.input.dataset) : ''"),
    # The schedule fires at 05:00 in Melbourne, when it is still yesterday in UTC: the day that has ended there.
    "ingest_date": jsonata(
        """$exists($states.input.ingest_date) ? $string($states.input.ingest_date)
           : $exists($states.input.scheduled_time) ? $substring($states.input.scheduled_time, 0, 10) : ''"""
    ),
    "force": jsonata("$exists($states.input.force) and $states.input.force = true"),
    "reread": jsonata("$exists($states.input.reread) and $states.input.reread = true"),
    "phase": jsonata("$exists($states.input.phase) ? $states.input.phase : 'run'"),
    "datasets": jsonata("$exists($states.input.datasets) ? [$states.input.datasets] : []"),
    "run_id": jsonata("$states.context.Execution.Name"),
    "execution": jsonata("$states.context.Execution.Id"),
    "started_at": jsonata("$now()"),
}
_KNOWN = "$run.dataset = '*' or $run.dataset in $keys($plans) or $run.dataset in $keys($sources)"
# `$` also matches before a last line break in some engines, hence the length.
_DATE = (
    "$length($run.ingest_date) = 10 and "
    r"$contains($run.ingest_date, /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/)"
)
# The 31st of a short month passes the pattern above; Athena would refuse it only after the claim.
_DAY_EXISTS = """(
    $year := $number($substring($run.ingest_date, 0, 4));
    $leap := ($year % 4 = 0 and $year % 100 != 0) or $year % 400 = 0;
    $days := [31, $leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    $number($substring($run.ingest_date, 8, 2)) <= $days[$number($substring($run.ingest_date, 5, 2)) - 1]
)"""
_RUN_ID = r"$length($run.run_id) > 0 and $not($contains($run.run_id, /[^A-Za-z0-9_-]/))"
_PHASES = ("run", "load", "publish", "deadline")
_FREE = "attribute_not_exists(#status) OR #status <> :status OR #execution = :execution"
_FORGOTTEN = ("error", "cause", "failed_at", "finished_at")


def claim_states(parts: MachineParts) -> dict[str, State]:
    """From the input to a claimed day."""
    return {**_read(parts), **_refusals(parts), **_plan(parts), **_claim(parts), **_conflict(parts)}


def _read(parts: MachineParts) -> dict[str, State]:
    read: State = {
        "Type": "Pass",
        "Assign": {
            "run": _RUN,
            "plans": dict(parts.plans),
            "plan": {"plan_hash": "", "workgroup": parts.workgroup},
            "sources": {source.item: source.told() for source in parts.sources},
            "slot": {"place": 0, "held": False},
            "landing": {"prefix": ""},
            "touched": {"candidate": False, "dbt": False},
            "attempt": 0,
            "announced": False,
            "warnings": [],
            "verdict": {},
        },
        "Output": {},
        "Next": "CheckInput",
    }
    check = choose(
        "CheckInput",
        (f"$not({_KNOWN})", "UnknownDataset"),
        (f"$not({_DATE})", "InvalidDate"),
        (f"$not({_DAY_EXISTS})", "InvalidDate"),
        (f"$not($run.phase in {json.dumps(_PHASES)} and {_RUN_ID})", "InvalidInput"),
        ("$run.phase = 'deadline'", "ReadDeadline"),
        ("$run.dataset = '*' or $run.dataset in $keys($sources)", "Claim"),
        otherwise="LoadPlan",
    )
    return {"ReadInput": read, **check}


def _refusals(parts: MachineParts) -> dict[str, State]:
    return {
        "UnknownDataset": {
            "Type": "Fail",
            "Error": "UnknownDataset",
            "Cause": jsonata(
                f"""'{parts.domain} has no dataset "' & $run.dataset & '"; it has: ' & $join($sort($keys($plans)), ', ')
                & '. Mend: start the run with one of these, or with "*" for all of them.'"""
            ),
        },
        "InvalidDate": {
            "Type": "Fail",
            "Error": "InvalidInput",
            "Cause": jsonata(
                """'ingest_date "' & $substring($run.ingest_date, 0, 40)
                & '" is no day; it must be a calendar day written YYYY-MM-DD, such as "2013-02-01".'"""
            ),
        },
        "InvalidInput": {
            "Type": "Fail",
            "Error": "InvalidInput",
            "Cause": jsonata(
                f"""'phase must be one of {", ".join(_PHASES)} and is "' & $string($run.phase)
                & '"; the name of the execution must be made of letters, digits, hyphens and underscores and is "'
                & $run.run_id & '".'"""
            ),
        },
    }


def _plan(parts: MachineParts) -> dict[str, State]:
    return task(
        "LoadPlan",
        resource="aws-sdk:s3:getObject",
        arguments={"Bucket": parts.plan_bucket, "Key": jsonata("$lookup($plans, $run.dataset)")},
        assign={"plan": jsonata("$parse($states.result.Body)")},
        then="Claim",
        fails_as="PlanUnreadable",
    )


def _claim(parts: MachineParts) -> dict[str, State]:
    claimed = ledger.update(
        "Claim",
        table=parts.ledger,
        values=_CLAIMED,
        forget=_FORGOTTEN,
        condition=_FREE,
        condition_names=("status", "execution"),
        read_back=True,
        assign=_LAST,
        catches=[catch("Claim", ledger.CONFLICT, then="ReadHolder")],
        then="ChoosePhase",
    )
    extracted = [
        ("$run.dataset in $keys($sources)", "StartExtraction"),
        ("$run.phase != 'publish' and $plan.method != 'delivery'", "ChooseExtraction"),
    ]
    phases = choose(
        "ChoosePhase",
        ("$run.dataset = '*'", "StartDomain"),
        *(extracted if parts.sources else []),
        ("$run.phase = 'publish'", "Publish"),
        otherwise="StartListing",
    )
    return {**claimed, **phases}


_CLAIMED = {
    "status": {"S": "RUNNING"},
    "execution": {"S": jsonata("$run.execution")},
    "run_id": {"S": jsonata("$run.run_id")},
    "started_at": {"S": jsonata("$run.started_at")},
    "plan_hash": {"S": jsonata("$plan.plan_hash")},
}
# What the day looked like when it was last published: the fingerprint of its files and plan, and its counts.
_LAST = {
    "last": {
        "fingerprint": jsonata(
            "$exists($states.result.Attributes.fingerprint) ? $states.result.Attributes.fingerprint.S : ''"
        ),
        "staged_fingerprint": jsonata(
            "$exists($states.result.Attributes.staged_fingerprint)"
            " ? $states.result.Attributes.staged_fingerprint.S : ''"
        ),
        "rows": jsonata(
            "$exists($states.result.Attributes.rows) ? $parse($states.result.Attributes.rows.S) : {}"
        ),
        "tables": jsonata(
            "$exists($states.result.Attributes.tables) ? $parse($states.result.Attributes.tables.S) : {}"
        ),
    }
}


def _conflict(parts: MachineParts) -> dict[str, State]:
    """Somebody holds the day: refuse while that execution runs, take over when it is dead."""
    holder = ledger.read(
        "ReadHolder",
        table=parts.ledger,
        assign={
            "holder": {
                "execution": jsonata("$states.result.Item.execution.S"),
                "started_at": jsonata("$states.result.Item.started_at.S"),
            }
        },
        then="DescribeHolder",
    )
    described = task(
        "DescribeHolder",
        resource="aws-sdk:sfn:describeExecution",
        arguments={"ExecutionArn": jsonata("$holder.execution")},
        assign={"holder_status": jsonata("$states.result.Status")},
        never_again=["Sfn.ExecutionDoesNotExistException"],
        catches=[catch("DescribeHolder", "Sfn.ExecutionDoesNotExistException", then="TakeOver")],
        then="JudgeHolder",
    )
    judged = choose("JudgeHolder", ("$holder_status = 'RUNNING'", "AlreadyRunning"), otherwise="TakeOver")
    refused: State = {
        "Type": "Fail",
        "Error": "AlreadyRunning",
        "Cause": jsonata(
            """$run.dataset & ' ' & $run.ingest_date & ' is already being run by execution '
            & $split($holder.execution, ':')[-1] & ', since ' & $holder.started_at
            & '. Mend: wait for its end, or stop it; then start again.'"""
        ),
    }
    taken = ledger.update(
        "TakeOver",
        table=parts.ledger,
        values=_CLAIMED,
        forget=_FORGOTTEN,
        condition="#execution = :holder",
        condition_values={":holder": {"S": jsonata("$holder.execution")}},
        read_back=True,
        assign=_LAST,
        catches=[catch("TakeOver", ledger.CONFLICT, then="ReadHolder")],
        then="ChoosePhase",
    )
    return {**holder, **described, **judged, "AlreadyRunning": refused, **taken}
