"""`python -m local start|stop|status|env`: the embedded AWS from a shell."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from local import process

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.process import Endpoint

NOT_RUNNING = 3


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 done; 1 it failed, with the reason on stderr; 3 `status` or `env` found none running.
    """
    given = _parser().parse_args(arguments)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "start": _start,
        "stop": _stop,
        "status": _status,
        "env": _env,
    }
    try:
        return commands[given.command](given)
    except process.EmbeddedAwsError as problem:
        print(problem, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "status", "env"))
    parser.add_argument("--state-dir", type=Path, default=process.DEFAULT_STATE_DIR)
    parser.add_argument("--no-auth", action="store_true", help="start: no IAM, no TLS; for fast tests")
    parser.add_argument("--wait", action="store_true", help="start: return when it answers (always so)")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")
    return parser


def _start(given: argparse.Namespace) -> int:
    already = process.endpoint(given.state_dir)
    found = process.start(given.state_dir, auth=not given.no_auth)
    _show(given, found, "already runs" if already else "started")
    return 0


def _stop(given: argparse.Namespace) -> int:
    stopped = process.stop(given.state_dir)
    message = "The embedded AWS stopped." if stopped else "The embedded AWS does not run."
    print(json.dumps({"stopped": stopped}) if given.json else message)
    return 0


def _status(given: argparse.Namespace) -> int:
    found = process.endpoint(given.state_dir)
    if found is None:
        return _none_running(given)
    _show(given, found, "runs" if process.healthy(found) else "runs but does not answer")
    return 0


def _env(given: argparse.Namespace) -> int:
    found = process.endpoint(given.state_dir)
    if found is None:
        return _none_running(given)
    variables = found.environment()
    if given.json:
        print(json.dumps(variables, indent=2))
    else:
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items()))
    return 0


def _none_running(given: argparse.Namespace) -> int:
    print(json.dumps({"running": False}) if given.json else "The embedded AWS does not run.")
    return NOT_RUNNING


def _show(given: argparse.Namespace, found: Endpoint, state: str) -> None:
    if given.json:
        print(json.dumps({"running": True, "state": state} | asdict(found), indent=2))
        return
    log = process.log_file(given.state_dir)
    print(f"The embedded AWS {state}: {found.endpoint} (pid {found.pid}, log {log})")


if __name__ == "__main__":
    sys.exit(main())
