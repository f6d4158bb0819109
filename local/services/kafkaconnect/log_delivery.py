"""Delivers what a worker says to the log group that the connector names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.services.msk import log_delivery

if TYPE_CHECKING:
    from local.engines.server import Engine


def deliver(record: dict[str, Any], worker: Engine) -> int:
    """Send what the worker has said since the last call; gives the number of lines."""
    wanted = ((record.get("logDelivery") or {}).get("workerLogDelivery") or {}).get("cloudWatchLogs") or {}
    if not wanted.get("enabled") or not wanted.get("logGroup"):
        return 0
    unique = str(record["connectorArn"]).rsplit("/", 1)[-1]
    return log_delivery.send(worker, group=wanted["logGroup"], stream=f"{record['connectorName']}-{unique}")
