"""The network of tasks: which security groups a task's processes have, and which process holds a connection."""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

_GROUPS = "_security_groups"
_WAIT_SECONDS = 1.0
_POLL_SECONDS = 0.01


def remember(request: dict[str, Any], answer: tuple[int, Any, bytes | str]) -> None:
    """Note the groups that RunTask asks for with each task that it started; the VPC's default group without any."""
    from ministack.services import ecs

    network = (request.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    groups = list(network.get("securityGroups") or []) or _default_groups(network.get("subnets") or [])
    try:
        started = json.loads(answer[2]).get("tasks") or []
    except ValueError:
        return
    for task in started:
        record = ecs._tasks.get(task["taskArn"])
        if record is not None:
            record[_GROUPS] = groups


def groups_of_task(task_arn: str) -> tuple[str, ...]:
    """The security groups on the network interface of a task; empty for an unknown one."""
    from ministack.services import ecs

    deadline = time.monotonic() + _WAIT_SECONDS  # a process may be quicker than the answer of RunTask
    while True:
        record = ecs._tasks.get(task_arn) or {}
        if _GROUPS in record or not record or time.monotonic() > deadline:
            return tuple(record.get(_GROUPS) or ())
        time.sleep(_POLL_SECONDS)


def groups_of_connection(port: int) -> tuple[str, ...] | None:
    """The security groups of the task that holds the TCP connection from this local port; None when no task does."""
    from ministack.services import ecs

    from local.services.ecs import tasks

    for arn, pids in tasks.pids_of_tasks().items():
        if any(_holds(process, port) for pid in pids for process in _family(pid)):
            parts = arn.split(":")
            with ecs.request_scope(parts[4], parts[3]):
                return groups_of_task(arn)
    return None


def _family(pid: int) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        yield parent
        yield from parent.children(recursive=True)


def _holds(process: psutil.Process, port: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(one.laddr and one.laddr.port == port for one in process.net_connections(kind="tcp"))
    return False


def _default_groups(subnets: list[str]) -> list[str]:
    from ministack.services import ec2

    vpcs = {(ec2._subnets.get(name) or {}).get("VpcId") for name in subnets} - {None}
    groups = list(ec2._security_groups.values())
    return [
        group["GroupId"] for group in groups if group["GroupName"] == "default" and group["VpcId"] in vpcs
    ]
