"""The `.sync` integrations: start a job, wait for its end, fail with the job's own description."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.services import ended_jobs
from local.services.stepfunctions import calls, running
from local.services.stepfunctions.errors import Cancelled, state_error

# For jobs whose end nobody tells, such as Glue's. Real seconds whatever SFN_WAIT_SCALE says: a scaled poll would be a
# busy loop at scale 0.
FIRST_POLL_SECONDS = 0.5
LONGEST_POLL_SECONDS = 2.0

Call = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True, kw_only=True)
class Job:
    """How to follow one kind of job.

    Attributes:
        identify: Arguments that name the started job, from the task's arguments and the start's answer.
        told_as: By which of these its service tells that it ended.
        describe: Action that describes it.
        state: State of the description, None while it is not there yet.
        succeeded: Whether an ended job did its work.
        running: States in which it still runs.
        stop: Action and arguments that end it when the execution is stopped.
        result: The state's result from the description; the description itself if None.
    """

    identify: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
    told_as: Callable[[dict[str, Any]], str]
    describe: str
    state: Callable[[dict[str, Any]], str | None]
    succeeded: Callable[[dict[str, Any]], bool]
    running: frozenset[str]
    stop: Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]
    result: Callable[[dict[str, Any]], Any] = lambda description: description


def _task(description: dict[str, Any]) -> dict[str, Any]:
    tasks = description.get("Tasks") or [{}]
    return dict(tasks[0])


def _task_succeeded(description: dict[str, Any]) -> bool:
    containers = _task(description).get("Containers", [])
    return bool(containers) and all(c.get("ExitCode") == 0 for c in containers)


def _ecs_identity(arguments: dict[str, Any], started: dict[str, Any]) -> dict[str, Any]:
    if started.get("Failures") or not started.get("Tasks"):
        failures = json.dumps(started.get("Failures") or "RunTask started no task")
        raise state_error("AmazonECS.Unknown", failures)
    cluster = arguments.get("Cluster", "default")
    return {"Cluster": cluster, "Tasks": [started["Tasks"][0]["TaskArn"]]}


JOBS: dict[str, Job] = {
    "athena:startQueryExecution": Job(
        identify=lambda _, started: {"QueryExecutionId": started["QueryExecutionId"]},
        told_as=lambda names: str(names["QueryExecutionId"]),
        describe="getQueryExecution",
        state=lambda d: d["QueryExecution"]["Status"]["State"],
        succeeded=lambda d: d["QueryExecution"]["Status"]["State"] == "SUCCEEDED",
        running=frozenset({"QUEUED", "RUNNING"}),
        stop=lambda names: ("stopQueryExecution", names),
    ),
    "glue:startJobRun": Job(
        identify=lambda given, started: {"JobName": given["JobName"], "RunId": started["JobRunId"]},
        told_as=lambda names: str(names["RunId"]),
        describe="getJobRun",
        state=lambda d: d["JobRun"]["JobRunState"],
        succeeded=lambda d: d["JobRun"]["JobRunState"] == "SUCCEEDED",
        running=frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"}),
        stop=lambda names: ("batchStopJobRun", {"JobName": names["JobName"], "JobRunIds": [names["RunId"]]}),
        result=lambda d: d["JobRun"],
    ),
    "ecs:runTask": Job(
        identify=_ecs_identity,
        told_as=lambda names: str(names["Tasks"][0]),
        describe="describeTasks",
        state=lambda d: _task(d).get("LastStatus"),
        succeeded=_task_succeeded,
        running=frozenset(
            {"PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"}
        ),
        stop=lambda names: (
            "stopTask",
            {"Cluster": names["Cluster"], "Task": names["Tasks"][0], "Reason": "The execution was stopped"},
        ),
        result=_task,
    ),
    "states:startExecution": Job(
        identify=lambda _, started: {"ExecutionArn": started["ExecutionArn"]},
        told_as=lambda names: str(names["ExecutionArn"]),
        describe="describeExecution",
        state=lambda d: d["Status"],
        succeeded=lambda d: d["Status"] == "SUCCEEDED",
        running=frozenset({"RUNNING"}),
        stop=lambda names: (
            "stopExecution",
            names
            | {"Error": "States.TaskAborted", "Cause": "The execution that started this one was stopped"},
        ),
    ),
}


def follow(job: Job, call: Call, arguments: dict[str, Any], started: dict[str, Any]) -> Any:
    """Wait for a started job; stop it when the execution stops or the task times out.

    Raises:
        Exception: `States.TaskFailed` whose cause is the job's description as JSON.
        Cancelled: The state is no longer wanted.
    """
    names = job.identify(arguments, started)
    try:
        description = _ended(job, call, names)
    except Cancelled:
        action, stop_arguments = job.stop(names)
        with contextlib.suppress(Exception):  # the job may have ended by itself meanwhile
            call(action, stop_arguments)
        raise
    result = job.result(description)
    if not job.succeeded(description):
        raise state_error("States.TaskFailed", json.dumps(result, default=str))
    return result


def _ended(job: Job, call: Call, names: dict[str, Any]) -> dict[str, Any]:
    """The description of the job once it ended."""
    wait = FIRST_POLL_SECONDS
    with ended_jobs.followed(job.told_as(names)) as ended:
        scope = running.scope().child(on_cancel=ended.set)
        try:
            while True:
                description: dict[str, Any] = call(job.describe, names)
                state = job.state(description)
                if state is not None and state not in job.running:
                    return description
                ended.wait(wait)
                ended.clear()
                scope.check()
                wait = min(wait * 2, LONGEST_POLL_SECONDS)
        finally:
            scope.close()


def caller(service: str, style: calls.Style) -> Call:
    """A function that calls actions of one service in one style."""
    return lambda action, data: calls.call(service, action, data, style)
