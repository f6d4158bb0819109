"""Phase 7: dbt builds and tests what depends on the loaded datasets, one build of the domain at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.lock import Lock, give_back, lock_states
from data_platform.processing.states.task import choose, jsonata, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# Two builds of the same models would overwrite each other's temporary tables. The lock is an item of the ledger.
_DBT = Lock(
    name="Dbt",
    key={"dataset": {"S": "#dbt"}, "ingest_date": {"S": "-"}},
    held={"touched": {"candidate": jsonata("$touched.candidate"), "dbt": True}},
    free={"touched": {"candidate": jsonata("$touched.candidate"), "dbt": False}},
)
_PAUSE_SECONDS = 10
_COMMAND = """$append(
    $append(['build', '--select'], $dbt_select),
    ['--ingest-date', $run.ingest_date, '--run-id', $run.run_id]
)"""


def dbt_states(parts: MachineParts) -> dict[str, State]:
    """From staged rows to built and tested models."""
    selected: State = {
        "Type": "Pass",
        "Assign": {"dbt_select": jsonata("[$plan.dbt_select]")},
        "Output": {},
        "Next": "ClaimDbt",
    }
    # Another run builds: wait for it while it lives.
    awaited: State = {"Type": "Wait", "Seconds": _PAUSE_SECONDS, "Next": "ClaimDbt"}
    return {
        "SelectForDbt": selected,
        **lock_states(parts, _DBT, then="RunDbt", busy="AwaitDbt"),
        "AwaitDbt": awaited,
        **_build(parts),
    }


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
    return give_back(parts, _DBT, name, then=then)
