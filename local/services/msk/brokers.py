"""The life of a cluster's broker: it starts, answers, comes back after a crash or a restart, and goes."""

from __future__ import annotations

import contextvars
import logging
import os
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import persistence
from local.engines import kafka
from local.engines.artifacts import EngineUnavailable
from local.engines.server import EngineError
from local.services.msk import configurations, doors, front, log_delivery, server_properties, state

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.msk")

Record = dict[str, Any]
_START_SECONDS = 180
_STOP_SECONDS = 6
_SECOND = 1.0


@dataclass(kw_only=True)
class Running:
    """A cluster whose broker runs.

    Args:
        account: whose it is.
        region: where it is.
        record: what the API knows of it.
        broker: the engine.
        front: the only doors to it.
    """

    account: str
    region: str
    record: Record
    broker: kafka.Broker
    front: front.Front


_running: dict[str, Running] = {}
_locks: dict[str, threading.RLock] = {}
_guard = threading.Lock()
_closing = threading.Event()


def all_running() -> list[Running]:
    """Every cluster whose broker runs."""
    return list(_running.values())


def find(record: Record) -> Running | None:
    """The running cluster of a record."""
    return _running.get(record["ClusterArn"])


def folder(record: Record) -> Path:
    """Where a cluster's data lie: below the state of the embedded AWS, by the id that is never used again."""
    base = Path(os.environ["LOCAL_AWS_STATE_DIR"]) / "msk"
    return base / str(record["ClusterArn"]).rsplit("/", 1)[-1]


def in_background(work: Callable[[Record], None], record: Record) -> None:
    """Do lengthy work for a cluster on a thread of its own, in this account and region."""
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(_quietly, work, record), daemon=True, name="msk-cluster"
    ).start()


def _quietly(work: Callable[[Record], None], record: Record) -> None:
    try:
        work(record)
    except Exception as error:
        if _closing.is_set():  # it was ended on purpose, and starts again with the server
            return
        logger.exception("MSK cluster %s", record["ClusterName"])
        fail(record, error)
    persistence.touch()


def fail(record: Record, error: Exception) -> None:
    """Say that a cluster does not run, and why."""
    record["State"] = "FAILED"
    record["StateInfo"] = {"Code": type(error).__name__, "Message": str(error)}


def start(record: Record) -> None:
    """Start the broker of a cluster with its settings of now; it is ACTIVE when it answers.

    Raises:
        EngineError: Kafka did not start; the text says why.
        EngineUnavailable: Kafka cannot be had on this machine.
    """
    with _lock(record):
        if _closing.is_set():
            return
        gate = front.Front()
        ports = gate.open(record, doors.of_cluster(record), record.get("_Ports") or {})
        broker = kafka.Broker(
            folder(record),
            parameters=server_properties.of_the_engine(_properties(record)),
            doors=ports,
            environment={"LOCAL_AWS_STATE_DIR": os.environ["LOCAL_AWS_STATE_DIR"]},
        )
        try:
            broker.start(seconds=_START_SECONDS)
        except (EngineError, EngineUnavailable):
            gate.close()
            raise
        gate.admit(broker)
        parts = str(record["ClusterArn"]).split(":")
        running = Running(account=parts[4], region=parts[3], record=record, broker=broker, front=gate)
        _running[record["ClusterArn"]] = running
        record |= {"_Ports": ports, "State": "ACTIVE"}
        record.pop("StateInfo", None)
        persistence.touch()


def _properties(record: Record) -> dict[str, str]:
    """A serverless cluster has none of its own."""
    software = (record.get("Provisioned") or {}).get("CurrentBrokerSoftwareInfo") or {}
    info = {"Arn": software.get("ConfigurationArn"), "Revision": software.get("ConfigurationRevision")}
    return configurations.properties(info)


def restart(record: Record) -> None:
    """Stop the broker and start it with its settings of now; clients lose their connections for a moment."""
    with _lock(record):
        _stop(record)
        start(record)


def remove(record: Record) -> None:
    """End the broker of a deleted cluster, and remove its data once the state on disk knows it no more."""
    with _lock(record):
        _stop(record)
        state.clusters.pop(record["ClusterArn"], None)
        persistence.checkpoint()
        shutil.rmtree(folder(record), ignore_errors=True)


def stop_all() -> None:
    """Stop every broker, all at a time; for the end of the embedded AWS."""
    _closing.set()
    ended = all_running()
    _running.clear()
    ending = [threading.Thread(target=_end, args=(one,)) for one in ended]
    for thread in ending:
        thread.start()
    for thread in ending:
        thread.join()


def resume_all() -> None:
    """Start again what ran when the server ended; called when all saved state is loaded."""
    from ministack.core.responses import request_scope

    for (account, region, _), record in list(state.clusters._data.items()):
        with request_scope(account, region):
            if record["State"] == "DELETING":
                in_background(remove, record)
            elif record["State"] != "FAILED":
                in_background(start, record)


def watch() -> None:
    """Each second: what has ended starts again, what brokers say goes to the logs. On a thread of its own."""
    threading.Thread(target=_watch, daemon=True, name="msk-watch").start()


def _watch() -> None:
    while not _closing.wait(_SECOND):
        for running in all_running():
            try:
                _tend(running)
            except Exception:
                logger.exception("MSK cluster %s", running.record["ClusterName"])


def _tend(running: Running) -> None:
    from ministack.core.responses import request_scope

    record = running.record
    if record["State"] != "ACTIVE" or find(record) is not running:
        return
    with request_scope(running.account, running.region):
        if not running.broker.running:
            logger.warning("The broker of %s has ended; it starts again", record["ClusterName"])
            record["State"] = "HEALING"
            began = time.monotonic()
            _quietly(restart, record)
            logger.info("%s after %.1f s", record["State"], time.monotonic() - began)
        log_delivery.deliver(record, running.broker)


def _stop(record: Record) -> None:
    running = _running.pop(record["ClusterArn"], None)
    if running is not None:
        _end(running)


def _end(running: Running) -> None:
    running.front.close()
    running.broker.stop(seconds=_STOP_SECONDS)


def _lock(record: Record) -> threading.RLock:
    with _guard:
        return _locks.setdefault(record["ClusterArn"], threading.RLock())
