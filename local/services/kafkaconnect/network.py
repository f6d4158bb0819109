"""Which security groups a worker's connections have: those of its connector."""

from __future__ import annotations

import contextlib

import psutil

from local import hooks
from local.services.ecs import network


def install() -> None:
    """Let the doors of databases and clusters know a worker's connection as they know a task's."""

    def groups_of_connection(port: int) -> tuple[str, ...] | None:
        return old(port) or groups_of(port)

    old = hooks.replace(network, "groups_of_connection", groups_of_connection, parameters="port")


def groups_of(port: int) -> tuple[str, ...] | None:
    """The security groups of the connector whose worker holds the TCP connection from this local port."""
    from local.services.kafkaconnect import workers

    for running in workers.all_running():
        pid = running.worker.pid
        if pid is not None and _holds(pid, port):
            vpc = running.record["kafkaCluster"]["apacheKafkaCluster"]["vpc"]
            return tuple(vpc.get("securityGroups") or ())
    return None


def _holds(pid: int, port: int) -> bool:
    with contextlib.suppress(psutil.Error):
        connections = psutil.Process(pid).net_connections(kind="tcp")
        return any(one.laddr and one.laddr.port == port for one in connections)
    return False
