"""ECS: RunTask runs the container's command as a local process with the task's role, logs and exit code.

There is no Docker here. Which command line stands for an image is told by a file (`images.json` beside the state,
or `LOCAL_AWS_IMAGES`); an image without an entry cannot be pulled, and its task stops with that reason. An entry with
a `preload` names a Python file: its containers are forks of one process that has run it (`forked.py`).
"""

from __future__ import annotations

from typing import Any


def install() -> None:
    """Put local processes in the place of Docker containers."""
    from ministack.services import ecs

    from local import hooks
    from local.services.ecs import requests, tasks

    worker = "task td container_overrides docker_client account_id region"
    hooks.replace(ecs, "_run_task_worker", tasks.run, parameters=worker)
    hooks.replace(ecs, "_get_docker", lambda: _LOCAL_PROCESSES, parameters="")
    hooks.replace(ecs, "_ensure_ecs_reaper_thread", _nothing, parameters="")
    hooks.replace(ecs, "_maybe_mark_stopped", _nothing, parameters="task docker_client")
    hooks.replace(ecs, "_cleanup_task_resources", tasks.clean_up)
    requests.install()


def _nothing(*_: Any, **__: Any) -> None:
    """What ministack would ask Docker, our own thread knows."""


class _LocalProcesses:
    """Stands where ministack keeps its Docker client: it only asks whether there is one."""


_LOCAL_PROCESSES = _LocalProcesses()
