"""Delivers what a broker says to the log group that the cluster's LoggingInfo names."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from local import identity

if TYPE_CHECKING:
    from pathlib import Path

    from local.engines.server import Engine

logger = logging.getLogger("local.msk")

_LONGEST_LINE = 250_000
_BATCH = 500
_CHUNK = 1 << 20


def group_of(record: dict[str, Any]) -> str | None:
    """The log group of a cluster's broker logs; None when it wants none.

    Example:
        >>> logs = {"BrokerLogs": {"CloudWatchLogs": {"Enabled": True, "LogGroup": "/msk/shop"}}}
        >>> group_of({"Provisioned": {"LoggingInfo": logs}}), group_of({"Serverless": {}})
        ('/msk/shop', None)
    """
    logs = ((record.get("Provisioned") or {}).get("LoggingInfo") or {}).get("BrokerLogs") or {}
    wanted = logs.get("CloudWatchLogs") or {}
    return str(wanted["LogGroup"]) if wanted.get("Enabled") and wanted.get("LogGroup") else None


def deliver(record: dict[str, Any], broker: Engine) -> int:
    """Send what the broker has said since the last call; gives the number of lines."""
    group, unique = group_of(record), str(record["ClusterArn"]).rsplit("/", 1)[-1]
    return send(broker, group=group, stream=f"{record['ClusterName']}-{unique}-Broker-1") if group else 0


def send(engine: Engine, *, group: str, stream: str) -> int:
    """Send what an engine has said since the last call to a stream; gives the number of lines."""
    noted = engine.folder / "delivered.json"
    if not engine.log.exists():
        return 0
    position = _position(noted)
    if position > engine.log.stat().st_size:
        position = 0  # the log began anew
    with engine.log.open("rb") as file:
        file.seek(position)
        whole, _, _ = file.read(_CHUNK).rpartition(b"\n")
    if not whole:
        return 0
    lines = [line for line in whole.decode(errors="replace").split("\n") if line.strip()]
    _put(group, stream, lines)
    noted.write_text(json.dumps({"position": position + len(whole) + 1}))
    return len(lines)


def _position(noted: Path) -> int:
    try:
        return int(json.loads(noted.read_text())["position"])
    except (OSError, ValueError, KeyError):
        return 0


def _put(group: str, stream: str, lines: list[str]) -> None:
    """A group that does not exist takes nothing, as on AWS; what was said meanwhile is lost."""
    client = identity.client(identity.root_session(), "logs")
    now = int(time.time() * 1000)
    try:
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    except client.exceptions.ResourceAlreadyExistsException:
        pass
    except client.exceptions.ResourceNotFoundException:
        logger.warning("The log group %s does not exist", group)
        return
    for begin in range(0, len(lines), _BATCH):
        batch = [line[:_LONGEST_LINE] for line in lines[begin : begin + _BATCH]]
        events = [{"timestamp": now, "message": line} for line in batch]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
