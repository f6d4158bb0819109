"""Job runs: a Spark job fails with its reason, as no Spark runs here and a false success hides that."""

from __future__ import annotations

import time
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import glue

from local import hooks
from local.services.refusal import Answer, answered

_PYTHON = {"pythonshell"}
REASON = (
    "The embedded AWS runs no Spark: a glueetl, gluestreaming or glueray job never starts here. "
    "Use a Python shell job, Athena SQL or an ECS task, or run this job in AWS."
)


def install() -> None:
    """Wraps StartJobRun."""
    old = hooks.replace(glue, "_start_job_run", None, parameters="data")

    def start(data: dict[str, Any]) -> Answer:
        job = glue._jobs.get(data.get("JobName"))
        if job is None or (job.get("Command") or {}).get("Name", "glueetl") in _PYTHON:
            found: Answer = old(data)
            return found
        return answered(_fail, data)

    glue._start_job_run = start


def _fail(data: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    job = glue._jobs[data["JobName"]]
    run = {
        "Id": f"jr_{new_uuid().replace('-', '')}",
        "JobName": data["JobName"],
        "JobRunState": "FAILED",
        "ErrorMessage": REASON,
        "StartedOn": now,
        "CompletedOn": now,
        "LastModifiedOn": now,
        "ExecutionTime": 0,
        "Attempt": 0,
        "PredecessorRuns": [],
        "Arguments": {**(job.get("DefaultArguments") or {}), **(data.get("Arguments") or {})},
        "GlueVersion": job.get("GlueVersion", "5.0"),
    }
    glue._job_runs[data["JobName"]] = [*(glue._job_runs.get(data["JobName"]) or []), run]
    return {"JobRunId": run["Id"]}
