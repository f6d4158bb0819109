"""A task's life: its containers start as processes, and the end of an essential one ends it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import persistence
from local.services import ended_jobs
from local.services.ecs import launch
from local.services.ecs.output import Output
from local.services.ecs.processes import Process

_DEFAULT_STOP = ("Essential container in task exited", "EssentialContainerExited")


@dataclass
class _Running:
    """The processes of one task."""

    folder: Path
    processes: list[Process | None] = field(default_factory=list)
    stopped_by: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)


_tasks: dict[str, _Running] = {}
_tasks_lock = threading.Lock()


def run(  # noqa: PLR0917 - the parameters of the function it replaces
    task: dict[str, Any],
    td: dict[str, Any],
    container_overrides: list[dict[str, Any]],
    docker_client: Any,
    account_id: str,
    region: str,
) -> None:
    """Run a task to its end; on ministack's thread for the task."""
    from ministack.services import ecs

    del docker_client
    with ecs.request_scope(account_id, region):
        arn = task["taskArn"]
        running = _Running(folder=Path(tempfile.mkdtemp(prefix="ecs-task-")))
        with _tasks_lock:
            _tasks[arn] = running
        try:
            _start(task, td, container_overrides, running)
            _follow(task, td, running)
        except launch.CannotStart as error:
            ecs._mark_task_stopped(arn, task, str(error), "TaskFailedToStart")
        except Exception as error:
            ecs.logger.exception("task %s", arn)
            reason = f"ResourceInitializationError: {type(error).__name__}: {error}"
            ecs._mark_task_stopped(arn, task, reason, "TaskFailedToStart")
        finally:
            ended_jobs.tell(arn)
            for process in running.processes:
                if process is not None:
                    process.kill()
            shutil.rmtree(running.folder, ignore_errors=True)
            _tasks.pop(arn, None)
            persistence.touch()


def _start(
    task: dict[str, Any], td: dict[str, Any], overrides: list[dict[str, Any]], running: _Running
) -> None:
    from ministack.services import ecs

    arn = task["taskArn"]
    ecs._mark_task_pending(arn, task)
    ecs._mark_task_activating(arn, task)
    ready = []
    for container in td["containerDefinitions"]:
        override = next((o for o in overrides if o.get("name") == container["name"]), {})
        started = launch.prepare(task, td, container, override)
        ready.append((started, Output(task, td, container)))
    for index, (started, output) in enumerate(ready):
        if running.stopped_by is not None:
            return
        process = Process(started, running.folder, output)
        running.processes.append(process)
        task["containers"][index] |= {"lastStatus": "RUNNING", "runtimeId": f"local-{process.pid}"}
    ecs._mark_task_running(arn, task)
    persistence.touch()


def _follow(task: dict[str, Any], td: dict[str, Any], running: _Running) -> None:
    """Wait until an essential container has ended, end the others, and record every exit code."""
    from ministack.services import ecs

    codes: list[int | None] = [None] * len(running.processes)

    def wait(index: int, process: Process) -> None:
        codes[index] = task["containers"][index]["exitCode"] = process.wait()
        task["containers"][index]["lastStatus"] = "STOPPED"
        others = [
            p for i, p in enumerate(running.processes) if i != index and codes[i] is None and p is not None
        ]
        if td["containerDefinitions"][index].get("essential", True) or not others:
            for other in others:
                other.stop()

    waiting = [
        threading.Thread(target=wait, args=(index, process), daemon=True)
        for index, process in enumerate(running.processes)
        if process is not None
    ]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    reason, code = (running.stopped_by, "UserInitiated") if running.stopped_by is not None else _DEFAULT_STOP
    ecs._mark_task_stopped(task["taskArn"], task, reason, code)
    running.ended.set()


def stop(arn: str, reason: str) -> bool:
    """Stop a running task; its own thread records the end. False when it does not run."""
    with _tasks_lock:
        running = _tasks.get(arn)
    if running is None:
        return False
    running.stopped_by = reason
    for process in running.processes:
        if process is not None:
            threading.Thread(target=process.stop, daemon=True).start()
    return True


def clean_up(task: dict[str, Any], *_: Any, **__: Any) -> None:
    """Take the place of ministack's removal of Docker containers."""
    stop(task["taskArn"], task.get("stoppedReason") or "Task stopped")


@atexit.register
def _end_all() -> None:
    """No process outlives the embedded AWS."""
    for running in list(_tasks.values()):
        for process in running.processes:
            if process is not None:
                process.kill()


def running_pids() -> list[int]:
    """The processes of all running tasks, for tests."""
    found = [p.pid for running in list(_tasks.values()) for p in running.processes if p is not None]
    return [pid for pid in found if Path(f"/proc/{pid}").exists() or os.name != "posix"]


def pids_of_tasks() -> dict[str, list[int]]:
    """The first processes of each running task, by its ARN."""
    return {arn: [p.pid for p in running.processes if p is not None] for arn, running in list(_tasks.items())}
