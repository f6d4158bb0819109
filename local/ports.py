"""Finds the loopback ports of a server: those of last time, else free ones."""

from __future__ import annotations

import random
import socket
import time

# Below the range from which the system takes client ports: a client polling a port of that range can be given
# this very port, and then talks to itself.
_CANDIDATES = range(20000, 30000, 2)
_WAIT_SECONDS = 3
_POLL_SECONDS = 0.05


class NoPortError(RuntimeError):
    """No two neighbouring ports are free on the loopback interface."""


def choose(last: int | None, *, pair: bool) -> int:
    """A port that is free, with the next one as well when `pair`.

    Args:
        last: the port of last time, preferred: queue addresses in the state name it.
        pair: whether the plain port next to it is needed too.

    Raises:
        NoPortError: there is none.
    """
    deadline = time.monotonic() + _WAIT_SECONDS  # the sockets of a killed server take a moment to go
    while last is not None and time.monotonic() < deadline:
        if _free(last) and (not pair or _free(last + 1)):
            return last
        time.sleep(_POLL_SECONDS)
    for port in random.sample(_CANDIDATES, k=200):
        if _free(port) and _free(port + 1):
            return port
    raise NoPortError("Found no two neighbouring free ports from 20000 to 30000 on 127.0.0.1")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
