"""A process that names security groups stands in them; any other is outside of the network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from local.services import vpc_shell

CONNECTS = (
    "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); sys.stdin.read()"
)


@pytest.fixture
def port_of():
    """Starts a process with some variables that connects here; the local port of its connection."""
    started = []

    def start(**variables):
        with socket.create_server(("127.0.0.1", 0)) as server:
            process = subprocess.Popen(
                [sys.executable, "-c", CONNECTS, str(server.getsockname()[1])],
                env={**os.environ, **variables},
                stdin=subprocess.PIPE,
            )
            connection, address = server.accept()
        started.append((process, connection))
        return address[1]

    yield start
    for process, connection in started:
        connection.close()
        process.communicate(timeout=10)


def test_a_shell_stands_in_the_groups_that_it_names(port_of):
    assert vpc_shell.groups_of(port_of(EMBEDDED_AWS_SECURITY_GROUPS="sg-1,sg-2")) == ("sg-1", "sg-2")


@pytest.mark.parametrize(
    "variables", [{}, {"EMBEDDED_AWS_SECURITY_GROUPS": ""}, {"EMBEDDED_AWS_SECURITY_GROUPS": ","}]
)
def test_whoever_names_none_is_outside(port_of, variables):
    assert vpc_shell.groups_of(port_of(**variables)) is None


def test_a_port_that_nobody_holds_has_no_groups():
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    assert vpc_shell.groups_of(free) is None
