"""A shell inside of a network, as CloudShell has them in a VPC: a process that names the security groups it stands in.

Brokers have no addresses outside of their network, so whoever replays dead letters stands in it. On a laptop that is a
process that was started with EMBEDDED_AWS_SECURITY_GROUPS, ids with commas between; its groups' rules and the brokers'
hold for it as for a task. Source: https://docs.aws.amazon.com/cloudshell/latest/userguide/using-cshell-in-vpc.html
"""

from __future__ import annotations

import contextlib

import psutil

from local import hooks
from local.services.ecs import network

VARIABLE = "EMBEDDED_AWS_SECURITY_GROUPS"


def install() -> None:
    """Let the doors of clusters and databases know a shell's connection as they know a task's."""

    def groups_of_connection(port: int) -> tuple[str, ...] | None:
        return old(port) or groups_of(port)

    old = hooks.replace(network, "groups_of_connection", groups_of_connection, parameters="port")


def groups_of(port: int) -> tuple[str, ...] | None:
    """The groups that the process names which holds the TCP connection from this local port; None without any."""
    with contextlib.suppress(psutil.Error):
        for one in psutil.net_connections(kind="tcp"):
            if one.laddr and one.laddr.port == port and one.pid:
                named = psutil.Process(one.pid).environ().get(VARIABLE, "")
                if groups := tuple(group for group in named.split(",") if group):
                    return groups
    return None
