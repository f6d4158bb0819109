"""The pollers of all mappings: they begin with a mapping, end with it, and come back after a restart or a crash.

How far a group has read lies in Kafka, so nothing of a poller is kept.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from typing import Any

from local import persistence
from local.services.lambda_functions.kafka_mappings.poller import Poller

logger = logging.getLogger("local.lambda.kafka")

Record = dict[str, Any]
_STOP_SECONDS = 4.0
_LONGEST_INVOCATION_SECONDS = 930.0

_running: dict[str, list[Poller]] = {}
_locks: dict[str, threading.Lock] = {}
_guard = threading.Lock()
_closing = threading.Event()


def apply(mapping: Record) -> None:
    """Let pollers run as a new or changed mapping says; its State tells when they do."""
    _in_background(_replace, mapping)


def remove(mapping: Record) -> None:
    """End the pollers of a deleted mapping."""
    _in_background(_end, mapping)


def resume_all() -> None:
    """Start the pollers of every mapping again; called when all saved state is loaded."""
    from ministack.core.responses import request_scope
    from ministack.services import lambda_svc

    from local.services.lambda_functions.kafka_mappings import api

    for (account, region, _), mapping in list(lambda_svc._esms._data.items()):
        if api.is_of_msk(mapping):
            with request_scope(account, region):
                apply(mapping)


def stop_all() -> None:
    """End every poller; one in an invocation that lasts too long is left, and its batch comes again."""
    _closing.set()
    ending = [poller for pollers in list(_running.values()) for poller in pollers]
    for poller in ending:
        poller.stop()
    until = time.monotonic() + _STOP_SECONDS
    for poller in ending:
        poller.wait(until - time.monotonic())


def _in_background(work: Any, mapping: Record) -> None:
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(work, mapping), daemon=True, name="lambda-kafka-mapping"
    ).start()


def _replace(mapping: Record) -> None:
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import lambda_svc

    with _lock(mapping):
        _stop(mapping)
        if _closing.is_set() or mapping["UUID"] not in lambda_svc._esms:
            return
        if mapping["Enabled"]:
            wanted = int((mapping.get("ProvisionedPollerConfig") or {}).get("MinimumPollers") or 1)
            begun = [Poller(mapping, get_account_id(), get_region()) for _ in range(wanted)]
            _running[mapping["UUID"]] = begun
            for poller in begun:
                poller.start()
        mapping["State"] = "Enabled" if mapping["Enabled"] else "Disabled"
    persistence.touch()


def _end(mapping: Record) -> None:
    with _lock(mapping):
        _stop(mapping)
    _locks.pop(mapping["UUID"], None)


def _stop(mapping: Record) -> None:
    """A poller finishes the invocation that it waits for: two mappings never share a partition by our doing."""
    ending = _running.pop(mapping["UUID"], [])
    for poller in ending:
        poller.stop()
    for poller in ending:
        if not poller.wait(_LONGEST_INVOCATION_SECONDS):
            logger.warning("A poller of %s does not end", mapping["UUID"])


def _lock(mapping: Record) -> threading.Lock:
    with _guard:
        return _locks.setdefault(mapping["UUID"], threading.Lock())
