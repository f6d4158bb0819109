"""Files of a tunnel: the key for as long as ssh needs it, and the host keys that were seen before."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).resolve().parents[1]


def state_folder() -> Path:
    """Where host keys and the bundle of RDS's authorities are kept: of the checkout, not of the home folder.

    The variable DP_TUNNEL_STATE names another one.
    """
    return Path(os.environ.get("DP_TUNNEL_STATE", _ROOT / ".local" / "tunnel"))


def known_hosts(environment: str) -> Path:
    """The host keys of an environment's bastions, by instance id; made empty when it is not there."""
    folder = state_folder() / environment
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "known_hosts"
    file.touch(mode=0o600)
    return file


@contextmanager
def key_file(private_key: str) -> Iterator[Path]:
    """The private key as a file that only this user reads, gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="dp-tunnel-") as folder:
        file = Path(folder) / "key"
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(private_key if private_key.endswith("\n") else f"{private_key}\n")
        yield file
