"""Pollers stand in the cluster's network, with its security groups: so these must let their own members in."""

from __future__ import annotations

import contextlib

import psutil

from local import hooks
from local.services.ecs import network
from local.services.msk import front, state


def install() -> None:
    """Let the doors of clusters know a poller's connection."""

    def groups_of_connection(port: int) -> tuple[str, ...] | None:
        return old(port) or groups_of(port)

    old = hooks.replace(network, "groups_of_connection", groups_of_connection, parameters="port")


def groups_of(port: int) -> tuple[str, ...] | None:
    """The security groups of the cluster to whose door this process itself holds the connection from a port."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.Process().net_connections(kind="tcp"):
            if one.laddr and one.laddr.port == port and one.raddr:
                return _of_door(one.raddr.port)
    return None


def _of_door(port: int) -> tuple[str, ...] | None:
    for cluster in state.clusters.values():
        if port in (cluster.get("_Ports") or {}).values():
            return tuple(front.groups_of(cluster))
    return None
