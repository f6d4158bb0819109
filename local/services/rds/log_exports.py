"""Exports the log of an engine to CloudWatch Logs, line by line, where metric filters read it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from local import identity
from local.services.rds import engines

if TYPE_CHECKING:
    from pathlib import Path

    from local.services.rds.instances import Running

_LONGEST_LINE = 250_000
_BATCH = 500
_CHUNK = 1 << 20


def export(running: Running) -> int:
    """Send what the log has gained since the last call; gives the number of lines. Nothing when not asked for."""
    record = running.record
    kind = engines.LOG_FILES[record["Engine"]]
    log, noted = running.server.log, running.server.folder / "exported.json"
    if kind not in (record.get("EnabledCloudwatchLogsExports") or []) or not log.exists():
        return 0
    position = _position(noted)
    if position > log.stat().st_size:
        position = 0
    with log.open("rb") as file:
        file.seek(position)
        whole, _, _ = file.read(_CHUNK).rpartition(b"\n")
    if not whole:
        return 0
    lines = [line for line in whole.decode(errors="replace").split("\n") if line.strip()]
    _put(f"/aws/rds/instance/{record['DBInstanceIdentifier']}/{kind}", _stream(record), lines)
    noted.write_text(json.dumps({"position": position + len(whole) + 1}))
    return len(lines)


def _position(noted: Path) -> int:
    try:
        return int(json.loads(noted.read_text())["position"])
    except (OSError, ValueError, KeyError):
        return 0


def _stream(record: dict[str, Any]) -> str:
    return f"{record['DBInstanceIdentifier']}.0"


def _put(group: str, stream: str, lines: list[str]) -> None:
    client = identity.client(identity.root_session(), "logs")
    now = int(time.time() * 1000)
    for begin in range(0, len(lines), _BATCH):
        events = [
            {"timestamp": now, "message": line[:_LONGEST_LINE]} for line in lines[begin : begin + _BATCH]
        ]
        try:
            client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        except client.exceptions.ResourceNotFoundException:
            _make(client, group, stream)
            client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def _make(client: Any, group: str, stream: str) -> None:
    """RDS makes the group itself when nobody has."""
    for make, given in (
        (client.create_log_group, {"logGroupName": group}),
        (client.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            make(**given)
        except client.exceptions.ResourceAlreadyExistsException:
            continue
