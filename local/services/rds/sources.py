"""Where a connection to a database comes from: the bastion, a task of ECS, or the outside."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from local.services.ecs import network

_LOOPBACK = "127.0.0.1"
_expected: dict[int, tuple[str, ...]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who connects.

    Args:
        groups: security groups on its network interface; empty for the outside.
        address: its address, of the outside only.
    """

    groups: tuple[str, ...] = ()
    address: str | None = None

    @property
    def is_outside(self) -> bool:
        """Whether it is no part of the network."""
        return not self.groups


def expect(port: int, groups: tuple[str, ...]) -> None:
    """Say that the next connection from this local port is made by a member of these groups (in-process callers)."""
    with _lock:
        _expected[port] = groups


def forget(port: int) -> None:
    """Take `expect` back: the connection was not made."""
    with _lock:
        _expected.pop(port, None)


def of_port(port: int) -> Source:
    """The source of a connection that was just accepted, by its port on the loopback interface."""
    with _lock:
        groups = _expected.pop(port, None)
    if groups is None:
        groups = network.groups_of_connection(port)
    return Source(groups=groups) if groups else Source(address=_LOOPBACK)
