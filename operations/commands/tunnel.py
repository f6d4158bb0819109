"""`dp tunnel`."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from operations.connection import connect
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.tunnel import open_tunnel
from operations.tunnel_clients import command_line, fetch_line, variables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from operations.tunnel import Tunnel

_LOOK_SECONDS = 0.5
_END_SECONDS = 10
_BY_SIGNAL = 128


def run(database: str, *, port: int | None, execute: str | None, environment: str, as_json: bool) -> int:
    """Open a tunnel and hold it until Ctrl-C, SIGTERM, or the end of the command; answers the command's exit code."""
    if execute is not None and as_json:
        raise CommandFailed(
            "--json and --exec exclude each other: the output is the command's", ExitCode.USAGE
        )
    words = _words(execute)
    page = Page(as_json=as_json)
    connection = connect(environment)
    with _ended_by_signals():
        try:
            with (
                page.messages.status(f"opening a tunnel to {database}") as status,
                open_tunnel(connection, database, port=port, on_progress=status.update) as tunnel,
            ):
                status.stop()
                if not Path(tunnel.ca_bundle).exists():
                    fetch = fetch_line(connection.environment.region)
                    page.messages.print(f"Once, to verify databases: {fetch}", markup=False)
                if words:
                    return _executed(words, tunnel)
                _show(page, tunnel)
                return _held(page, tunnel)
        except KeyboardInterrupt:
            page.messages.print("The tunnel is closed.", markup=False)
            return ExitCode.OK


def _words(execute: str | None) -> list[str]:
    try:
        words = shlex.split(execute or "")
    except ValueError as error:
        raise CommandFailed(f"--exec {execute!r}: {error}", ExitCode.USAGE) from error
    if execute is not None and not words:
        raise CommandFailed("--exec needs a command, such as --exec \"psql -c 'SELECT 1'\"", ExitCode.USAGE)
    return words


def _show(page: Page, tunnel: Tunnel) -> None:
    page.json(
        {
            "database": tunnel.database,
            "engine": tunnel.engine,
            "host": tunnel.host,
            "port": tunnel.port,
            "database_host": tunnel.database_host,
            "database_port": tunnel.database_port,
            "database_name": tunnel.database_name,
            "secret_arn": tunnel.secret_arn,
            "ca_bundle": tunnel.ca_bundle,
            "command": command_line(tunnel),
        }
    )
    page.line(command_line(tunnel))
    page.line(f"# master user and password: {tunnel.secret_arn}")
    page.messages.print(
        f"{tunnel.database} is at {tunnel.host}:{tunnel.port} until Ctrl-C; nothing is renewed.", markup=False
    )


def _held(page: Page, tunnel: Tunnel) -> ExitCode:
    import sys

    sys.stdout.flush()  # who reads a pipe waits for this
    while (why := tunnel.why_ended()) is None:
        time.sleep(_LOOK_SECONDS)
    page.messages.print(f"The tunnel was closed from the other side: {why}", style="red", markup=False)
    return ExitCode.FINDINGS


def _executed(words: list[str], tunnel: Tunnel) -> int:
    """Run the command beside the tunnel; a Ctrl-C is the command's own (psql cancels its query)."""
    own = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        started = subprocess.Popen(words, env=os.environ | variables(tunnel))
    except OSError as error:
        raise CommandFailed(f"--exec {words[0]}: {error.strerror}", ExitCode.USAGE) from error
    finally:
        signal.signal(signal.SIGINT, own)
    with started:
        signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = started.wait()
        except KeyboardInterrupt:  # SIGTERM
            started.terminate()
            code = started.wait(_END_SECONDS)
        finally:
            signal.signal(signal.SIGINT, own)
    return _BY_SIGNAL - code if code < 0 else code


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end like Ctrl-C: the tunnel is closed before the process ends."""
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
