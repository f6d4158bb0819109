"""Copies a stopped embedded AWS to another folder, so that both can run side by side.

Addresses of DB instances stand in what was deployed with them: in definitions of tasks and machines, in the user data
of a bastion. A copy gets ports of its own, and each place that names one names the new one; else it would read the
other's databases.
"""

from __future__ import annotations

import base64
import pickle
import re
import shutil
from typing import TYPE_CHECKING, Any

from local import ports, process
from local.checkpoints import CheckpointFolder

if TYPE_CHECKING:
    from pathlib import Path

# Of the place where it ran: its address, its log, what its processes put down.
_STAYS = ("endpoint.json", "server.log", "tmp")
_CHECKPOINTS = "checkpoints"


def copy(source: Path, target: Path) -> None:
    """Copy the folder of a stopped embedded AWS; `python -m local start --state-dir TARGET` runs the copy.

    Args:
        source: The folder; nothing runs on it, and what ran ended by itself.
        target: A folder that is not there.

    Raises:
        EmbeddedAwsError: A server runs on the source, or the target is there.
        TornCheckpointError: The source has no checkpoint of a graceful end.
    """
    source, target = source.resolve(), target.resolve()
    if process.endpoint(source) is not None:
        raise process.EmbeddedAwsError(
            f"An embedded AWS runs on {source}. Mend: python -m local stop --state-dir {source}"
        )
    if target.exists():
        raise process.EmbeddedAwsError(f"{target} is there already. Mend: copy to a folder that is not")
    folder = CheckpointFolder(source / "state" / _CHECKPOINTS)
    moves = _moves(folder.load("rds").get("rds", {}))
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*_STAYS, _CHECKPOINTS), symlinks=True)
    folder.copy(target / "state" / _CHECKPOINTS, lambda name, content: _changed(name, content, moves))
    images = target / "images.json"
    if images.exists():
        images.write_text(images.read_text().replace(str(source), str(target)))


def _moves(rds: dict[str, Any]) -> dict[int, int]:
    """New ports by the old ones. Both have five digits, so that no length in a pickle changes."""
    old = [int(record["Endpoint"]["Port"]) for record in _instances(rds)]
    return {port: ports.choose(None, pair=False) for port in old}


def _changed(name: str, content: bytes, moves: dict[int, int]) -> bytes:
    if name not in ("rds", "ec2"):
        return _moved_text(content, moves)
    state: dict[str, Any] = pickle.loads(content)  # noqa: S301 - our own file, verified
    for record in _instances(state):
        if name == "rds":
            record["Endpoint"]["Port"] = moves[int(record["Endpoint"]["Port"])]
        elif record.get("UserData"):  # a bastion's says to which ports it forwards
            record["UserData"] = _moved_base64(record["UserData"], moves)
    return pickle.dumps(state, protocol=pickle.HIGHEST_PROTOCOL)


def _instances(state: dict[str, Any]) -> list[dict[str, Any]]:
    return list(state["instances"].all_values()) if "instances" in state else []


def _moved_base64(text: str, moves: dict[int, int]) -> str:
    return base64.b64encode(_moved_text(base64.b64decode(text), moves)).decode()


def _moved_text(content: bytes, moves: dict[int, int]) -> bytes:
    r"""A text, or a pickle with its texts, that names the new ports.

    Example:
        >>> pickle.loads(_moved_text(pickle.dumps({"value": "25432", "id": "25432-7f"}), {25432: 20002}))
        {'value': '20002', 'id': '25432-7f'}
    """
    for old, new in moves.items():
        if b"%d" % old in content:
            content = re.sub(rb"(?<![\w-])%d(?![\w-])" % old, b"%d" % new, content)
    return content
