"""Phase 7: dbt builds and tests what depends on the loaded datasets, one build of the domain at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.task import catch, choose, jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# Two builds of the same models would overwrite each other's temporary tables. The lock is an item of the ledger.
_LOCK = {"dataset": {"S": "#dbt"}, "ingest_date": {"S": "-"}}
_PAUSE_SECONDS = 10
_COMMAND = """$append(
    $append(['build', '--select'], $dbt_select),
    ['--ingest-date', $run.ingest_date, '--run-id', $run.run_id]
)"""
_HOLD = {
    "execution": {"S": jsonata("$run.execution")},
    "started_at": {"S": jsonata("$now()")},
}
_HELD = {"touched": {"candidate": jsonata("$touched.candidate"), "dbt": True}}


def dbt_states(parts: MachineParts) -> dict[str, State]:
    """From staged rows to built and tested models."""
    selected: State = {
        "Type": "Pass",
        "Assign": {"dbt_select": jsonata("[$plan.dbt_select]")},
        "Output": {},
        "Next": "ClaimDbt",
    }
    return {"SelectForDbt": selected, **_claim(parts), **_conflict(parts), **_build(parts)}


def _claim(parts: MachineParts) -> dict[str, State]:
    return ledger.update(
        "ClaimDbt",
        table=parts.ledger,
        key=_LOCK,
        values=_HOLD,
        condition="attribute_not_exists(#execution) OR #execution = :execution",
        assign=_HELD,
        catches=[catch("ClaimDbt", ledger.CONFLICT, then="ReadDbtHolder")],
        then="RunDbt",
    )


def _conflict(parts: MachineParts) -> dict[str, State]:
    """Another run builds: wait for it while it lives, take its place when it is dead."""
    read = ledger.read(
        "ReadDbtHolder",
        table=parts.ledger,
        key=_LOCK,
        assign={
            "dbt_holder": jsonata(
                "$exists($states.result.Item.execution) ? $states.result.Item.execution.S : ''"
            )
        },
        then="JudgeDbtLock",
    )
    judged = choose("JudgeDbtLock", ("$dbt_holder = ''", "ClaimDbt"), otherwise="DescribeDbtHolder")
    described = task(
        "DescribeDbtHolder",
        resource="aws-sdk:sfn:describeExecution",
        arguments={"ExecutionArn": jsonata("$dbt_holder")},
        assign={"dbt_holder_status": jsonata("$states.result.Status")},
        never_again=["Sfn.ExecutionDoesNotExistException"],
        catches=[catch("DescribeDbtHolder", "Sfn.ExecutionDoesNotExistException", then="TakeOverDbt")],
        then="JudgeDbtHolder",
    )
    alive = choose("JudgeDbtHolder", ("$dbt_holder_status = 'RUNNING'", "AwaitDbt"), otherwise="TakeOverDbt")
    awaited: State = {"Type": "Wait", "Seconds": _PAUSE_SECONDS, "Next": "ClaimDbt"}
    taken = ledger.update(
        "TakeOverDbt",
        table=parts.ledger,
        key=_LOCK,
        values=_HOLD,
        condition="#execution = :holder",
        condition_values={":holder": {"S": jsonata("$dbt_holder")}},
        assign=_HELD,
        catches=[catch("TakeOverDbt", ledger.CONFLICT, then="ReadDbtHolder")],
        then="RunDbt",
    )
    return {**read, **judged, **described, **alive, "AwaitDbt": awaited, **taken}


def _build(parts: MachineParts) -> dict[str, State]:
    built = task(
        "RunDbt",
        resource="ecs:runTask.sync",
        arguments={
            "Cluster": parts.cluster_arn,
            "TaskDefinition": parts.task_definition_arn,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": list(parts.subnet_ids),
                    "SecurityGroups": list(parts.security_group_ids),
                    "AssignPublicIp": "DISABLED",
                }
            },
            "Overrides": {
                "ContainerOverrides": [
                    {
                        "Name": parts.container,
                        "Command": jsonata(_COMMAND),
                        "Environment": [
                            {"Name": name, "Value": value} for name, value in parts.dbt_environment
                        ],
                    }
                ]
            },
        },
        then="ReleaseDbt",
        timeout_seconds=parts.query_seconds,
        fails_as="DbtBuildFailed",
        # dbt has told everything at its first end: a build that failed on data fails again.
        never_again=["States.TaskFailed"],
    )
    released = release(parts, "ReleaseDbt", then="AfterDbt")
    forked = choose("AfterDbt", ("$run.dataset = '*'", "PublishDomain"), otherwise="Publish")
    return {**built, **released, **forked}


def release(parts: MachineParts, name: str, *, then: str) -> dict[str, State]:
    """Give the lock back; if that fails, the next build finds a dead holder and takes over."""
    return ledger.update(
        name,
        table=parts.ledger,
        key=_LOCK,
        values={},
        forget=("execution", "started_at"),
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        assign={"touched": {"candidate": jsonata("$touched.candidate"), "dbt": False}},
        then=then,
        otherwise=then,
    )
