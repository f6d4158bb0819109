"""Which security groups a function's connections have: those of its VpcConfig; none outside of a VPC."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psutil

from local import hooks
from local.services.ecs import network

if TYPE_CHECKING:
    from collections.abc import Iterator


def install() -> None:
    """Let the doors of databases and clusters know a function's connection as they know a task's."""

    def groups_of_connection(port: int) -> tuple[str, ...] | None:
        return old(port) or groups_of(port)

    old = hooks.replace(network, "groups_of_connection", groups_of_connection, parameters="port")


def groups_of(port: int) -> tuple[str, ...] | None:
    """The security groups of the function whose process holds the TCP connection from this local port."""
    for config, pid in _running():
        groups = (config.get("VpcConfig") or {}).get("SecurityGroupIds") or ()
        if groups and _holds(pid, port):
            return tuple(groups)
    return None


def _running() -> Iterator[tuple[dict[str, Any], int]]:
    from ministack.core import lambda_runtime

    with lambda_runtime._lock:
        workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
    for worker in workers:
        process = worker._proc
        if process is not None:
            yield worker.config, process.pid


def _holds(pid: int, port: int) -> bool:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            if any(held.laddr and held.laddr.port == port for held in one.net_connections(kind="tcp")):
                return True
    return False
