"""The embedded AWS as a process beside this one, driven by its own command."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING, Any

from operations.connection import endpoint_record
from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from operations.connection import Connection

BOOTSTRAP_STACK = "CDKToolkit"


def start(state: Path) -> str:
    """Start it, or find it running; returns where it listens.

    Raises:
        CommandFailed: with its own reason.
    """
    answer = _local(state, "start")
    return str(answer.get("endpoint", endpoint_record(state)["endpoint"]))


def variables(state: Path) -> dict[str, str]:
    """The environment variables that point the CDK CLI and boto3 at it."""
    return {str(name): str(value) for name, value in _local(state, "env").items()}


def bootstrapped(connection: Connection, regions: Sequence[str]) -> bool:
    """Whether the account holds the CDK's own stack already, in all of these regions."""
    from botocore.exceptions import ClientError

    for region in regions:
        client = connection.client("cloudformation", region=region)
        try:
            found = client.describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"]
        except ClientError:
            return False
        if not found or not found[0]["StackStatus"].endswith("_COMPLETE"):
            return False
    return True


def recorded(state: Path) -> list[dict[str, Any]]:
    """What was deployed but is only recorded on a laptop, each with its reason."""
    url = f"{endpoint_record(state)['plain_endpoint']}/_local/recorded"
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own loopback address
        found: list[dict[str, Any]] = json.load(answer)
    return found


def _local(state: Path, command: str) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "local", command, "--state-dir", str(state), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise CommandFailed(ended.stderr.strip() or ended.stdout.strip(), ExitCode.UNREACHABLE)
    answer: dict[str, Any] = json.loads(ended.stdout or "{}")
    return answer
