"""The landing job as a process of its own, with the landing role's credentials and no others."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]


def land(connection: Connection, naming: Naming, dataset: Dataset, day: str, files: Sequence[Path]) -> None:
    """Put a delivery into raw, masked as the contract says.

    Raises:
        CommandFailed: with the job's own reason; nothing landed then.
    """
    command = [sys.executable, "-m", "jobs.landing", "--contract", dataset.path, "--date", day]
    command += ["--environment", connection.environment.name, *map(str, files)]
    ended = subprocess.run(
        command,
        cwd=REPOSITORY_ROOT,
        env=_environment(connection.assume(naming.role_arn("landing"))),
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise CommandFailed(f"{naming.domain}.{dataset.name} {day}: {ended.stderr.strip()}")


def _environment(landing: Connection) -> dict[str, str]:
    """This process's environment, with the role instead of whatever credentials it holds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    credentials = landing.session.get_credentials()
    assert credentials is not None  # noqa: S101 - the session was made of some
    frozen = credentials.get_frozen_credentials()
    given = {
        "AWS_ACCESS_KEY_ID": frozen.access_key,
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
        "AWS_SESSION_TOKEN": frozen.token,
        "AWS_REGION": landing.environment.region,
        "AWS_DEFAULT_REGION": landing.environment.region,
        "AWS_ENDPOINT_URL": landing.endpoint,
        "AWS_CA_BUNDLE": landing.verify,
    }
    return kept | {name: value for name, value in given.items() if value}
