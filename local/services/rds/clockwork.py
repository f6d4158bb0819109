"""What RDS does by itself: each second it exports logs and rotates what is due, each minute it reports metrics."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

logger = logging.getLogger("local.rds")

_SECOND = 1.0
_MINUTE = 60.0
_DAY = 86_400


def install() -> None:
    """Start the thread."""
    threading.Thread(target=_run, daemon=True, name="rds-clockwork").start()


def _run() -> None:
    from local.services.rds import instances

    reported: dict[str, float] = {}
    while True:
        time.sleep(_SECOND)
        for running in instances.all_running():
            try:
                _tend(running, reported)
            except Exception:
                logger.exception("DB instance %s", running.record["DBInstanceIdentifier"])


def _tend(running: object, reported: dict[str, float]) -> None:
    from ministack.core.responses import request_scope

    from local.services.rds import instances, log_exports, metrics

    if not isinstance(running, instances.Running) or running.record["DBInstanceStatus"] != "available":
        return
    if instances.find(running.record) is not running:  # it was stopped since the list was made
        return
    name = str(running.record["DbiResourceId"])
    with request_scope(running.account, running.region):
        if not running.server.running:
            logger.warning(
                "The engine of %s has ended; it starts again", running.record["DBInstanceIdentifier"]
            )
            instances.restart(running.record)
            return
        log_exports.export(running)
        _rotate_when_due(running.record)
        if time.monotonic() - reported.get(name, -_MINUTE) >= _MINUTE:
            reported[name] = time.monotonic()
            metrics.report(running)


def _rotate_when_due(record: dict[str, Any]) -> None:
    from local.services.cloudwatch.clock import now
    from local.services.rds import master_secret, rotation

    changed = master_secret.changed_at(record)
    if changed is None:
        return
    if now() - max(changed, record.get("_RotatedAt", 0.0)) > master_secret.ROTATION_DAYS * _DAY:
        record["_RotatedAt"] = now()
        rotation.rotate(record)
