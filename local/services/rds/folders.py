"""Where an instance's data lies: below the state of the embedded AWS, by the id that is never used again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def state() -> Path:
    """The folder of the embedded AWS."""
    named = os.environ.get("LOCAL_AWS_STATE_DIR")
    return Path(named) if named else Path(os.environ.get("STATE_DIR", ".")).parent


def of_instance(instance: dict[str, Any]) -> Path:
    """The folder of an instance's engine."""
    return state() / "rds" / str(instance["DbiResourceId"])


def of_snapshot(snapshot: dict[str, Any]) -> Path:
    """The folder of a snapshot's copy."""
    return state() / "rds-snapshots" / str(snapshot["_Copy"])


def certificates() -> Path:
    """The folder of our authority and of the certificate for localhost; made when it is not there."""
    from local import certificates as authority

    folder = state() / "tls"
    authority.ensure(folder)
    return folder
