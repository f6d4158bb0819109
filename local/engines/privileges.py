"""How an engine stops being root on this machine, and whether it then reaches its files."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

from local.engines import unprivileged
from local.engines.artifacts import EngineUnavailable

SCRIPT = Path(unprivileged.__file__)


@cache
def way() -> str:
    """`same` for who is not root; else `namespace` where the kernel allows user namespaces, else `switch`."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return unprivileged.SAME
    if sys.platform != "linux":
        return unprivileged.SWITCH
    probe = [sys.executable, "-I", "-S", str(SCRIPT), unprivileged.NAMESPACE, "0", "true"]
    ended = subprocess.run(probe, check=False, capture_output=True)
    return unprivileged.NAMESPACE if ended.returncode == 0 else unprivileged.SWITCH


def command(line: list[str], *, ends_with_us: int = 0) -> list[str]:
    """The command line that starts an engine without root.

    Args:
        line: the engine's own command line.
        ends_with_us: the signal that the kernel sends it when the thread that started it ends (Linux).
    """
    return [sys.executable, "-I", "-S", str(SCRIPT), way(), str(ends_with_us), *line]


def give(folder: Path) -> None:
    """Let the engine own a folder and all below it, and check that it can get there.

    Raises:
        EngineUnavailable: A folder above keeps others out; the message names it.
    """
    if way() == unprivileged.SAME:
        return
    owner = unprivileged.account() if way() == unprivileged.SWITCH else (0, 0)
    if folder.exists() and folder.stat().st_uid != owner[0]:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *owner, follow_symlinks=False)
    require_reachable(folder)


def require_reachable(path: Path) -> None:
    """Check that an engine that became `nobody` may search every folder above a path.

    Raises:
        EngineUnavailable: It may not.
    """
    if way() != unprivileged.SWITCH:
        return
    user, _ = unprivileged.account()
    for above in path.resolve().parents:
        found = above.stat()
        if found.st_uid != user and not found.st_mode & stat.S_IXOTH:
            raise EngineUnavailable(
                f"You are root, so the engine runs as 'nobody', who may not pass through {above}. "
                f"Mend: chmod o+x {above}, or work as another user than root, or allow user namespaces "
                "(sysctl user.max_user_namespaces)"
            )
