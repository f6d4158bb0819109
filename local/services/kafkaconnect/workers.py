"""The life of a connector's worker: it starts, runs the connector, comes back after a crash or a restart, and goes."""

from __future__ import annotations

import contextvars
import logging
import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local import persistence
from local.engines import connect
from local.services.kafkaconnect import credentials, log_delivery, state, worker_settings

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.kafkaconnect")

Record = dict[str, Any]
_START_SECONDS = 240
_RUN_SECONDS = 180
_KNOWN_SECONDS = 20
_STOP_SECONDS = 10
_END_SECONDS = 60  # the first one that ends writes its classes down
_POLL_SECONDS = 0.5
_RENEW_SECONDS = 600.0


class ConnectorFailed(RuntimeError):
    """A connector does not run; the text is the beginning of what it says."""


@dataclass(kw_only=True)
class Running:
    """A connector whose worker runs.

    Args:
        account: whose it is.
        region: where it is.
        record: what the API knows of it.
        worker: the engine.
    """

    account: str
    region: str
    record: Record
    worker: connect.Worker
    renewed: float = field(default_factory=time.monotonic)


_running: dict[str, Running] = {}
_locks: dict[str, threading.RLock] = {}
_guard = threading.Lock()
_closing = threading.Event()


def all_running() -> list[Running]:
    """Every connector whose worker runs."""
    return list(_running.values())


def find(record: Record) -> Running | None:
    """The running connector of a record."""
    return _running.get(record["connectorArn"])


def in_background(work: Callable[[Record], None], record: Record) -> None:
    """Do lengthy work for a connector on a thread of its own, in this account and region."""
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_quietly, work, record), daemon=True, name="connector").start()


def _quietly(work: Callable[[Record], None], record: Record) -> None:
    try:
        work(record)
    except Exception as error:
        if _closing.is_set():  # it was ended on purpose, and starts again with the server
            return
        logger.warning("Connector %s: %s", record["connectorName"], error)
        record["connectorState"] = "FAILED"
        record["stateDescription"] = {"code": type(error).__name__, "message": str(error)}
    persistence.touch()


def start(record: Record) -> None:
    """Start the worker of a connector and run the connector in it; it is RUNNING when all of its tasks are.

    Raises:
        ConnectorFailed: The connector or a task of it does not run.
    """
    with _lock(record):
        if _closing.is_set():
            return
        folder = state.folder("connectors", record["connectorArn"])
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        profile = credentials.write(record, folder)
        worker = connect.Worker(
            folder,
            parameters=worker_settings.parameters(record, folder),
            plugins=worker_settings.plugins(record, folder),
            options=worker_settings.options(folder),
            environment=worker_settings.environment(profile),
        )
        parts = str(record["connectorArn"]).split(":")
        running = Running(account=parts[4], region=parts[3], record=record, worker=worker)
        _running[record["connectorArn"]] = running  # its first connections are known by it
        try:
            worker.start(seconds=_START_SECONDS)
            apply(record)
        except Exception:
            _stop(record)
            raise
        record["connectorState"] = "RUNNING"
        record.pop("stateDescription", None)
        persistence.touch()


def apply(record: Record) -> None:
    """Give the connector its configuration and wait until it runs.

    Raises:
        ConnectorFailed: It does not; the text says why.
    """
    running = find(record)
    if running is None:
        raise ConnectorFailed("The worker does not run.")
    name, config = record["connectorName"], worker_settings.connector(record)
    deadline, known = time.monotonic() + _RUN_SECONDS, time.monotonic() + _KNOWN_SECONDS
    earlier = _failed(running.worker.status(name))
    try:
        running.worker.put(name, config)
    except connect.RestError as error:
        raise ConnectorFailed(str(error)) from error
    while True:
        found = running.worker.status(name)
        states = [found["connector"], *found["tasks"]] if found else []
        failed = _failed(found)
        fresh = (
            failed != earlier or time.monotonic() > known
        )  # what failed before may not have begun anew yet
        if failed and fresh:
            raise ConnectorFailed(_first_lines(failed[0].get("trace", "")))
        if len(states) > 1 and all(one["state"] == "RUNNING" for one in states):
            return
        if time.monotonic() > deadline or not running.worker.running:
            raise ConnectorFailed(f"It does not run after {_RUN_SECONDS} s: {found}")
        time.sleep(_POLL_SECONDS)


def _failed(found: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The connector or those of its tasks that have failed."""
    states = [found["connector"], *found["tasks"]] if found else []
    return [one for one in states if one["state"] == "FAILED"]


def _first_lines(trace: str) -> str:
    """What went wrong and what caused it, without the frames."""
    told = [line.strip() for line in trace.splitlines() if line and not line.startswith(("\tat", "\t..."))]
    return " ".join(told)[:1500]


def restart(record: Record) -> None:
    """Stop the worker and start it with the connector's settings of now; offsets stay in their topic."""
    with _lock(record):
        _stop(record)
        start(record)


def remove(record: Record) -> None:
    """End the worker of a deleted connector and remove its files; its topics stay, as on MSK."""
    with _lock(record):
        _stop(record)
        state.connectors.pop(record["connectorArn"], None)
        persistence.checkpoint()
        shutil.rmtree(state.folder("connectors", record["connectorArn"]), ignore_errors=True)


def stop_all() -> None:
    """Stop every worker, all at a time; for the end of the embedded AWS."""
    _closing.set()
    ending = [
        threading.Thread(target=one.worker.stop, kwargs={"seconds": _STOP_SECONDS}) for one in all_running()
    ]
    for thread in ending:
        thread.start()
    for thread in ending:
        thread.join()
    _running.clear()


def resume_all() -> None:
    """Start again what ran when the server ended; called when all saved state is loaded."""
    from ministack.core.responses import request_scope

    for (account, region, _), record in list(state.connectors._data.items()):
        with request_scope(account, region):
            if record["connectorState"] == "DELETING":
                in_background(remove, record)
            elif (
                record["connectorState"] != "FAILED"
            ):  # its cluster starts at the same time: the worker waits for it
                in_background(start, record)


def watch() -> None:
    """Each second: what has ended starts again, keys are renewed, logs delivered. On a thread of its own."""
    threading.Thread(target=_watch, daemon=True, name="connect-watch").start()


def _watch() -> None:
    while not _closing.wait(1.0):
        for running in all_running():
            try:
                _tend(running)
            except Exception:
                logger.exception("Connector %s", running.record["connectorName"])


def _tend(running: Running) -> None:
    from ministack.core.responses import request_scope

    record = running.record
    with request_scope(running.account, running.region):
        log_delivery.deliver(record, running.worker)
        if record["connectorState"] != "RUNNING" or find(record) is not running:
            return
        if not running.worker.running:
            logger.warning("The worker of %s has ended; it starts again", record["connectorName"])
            record["connectorState"] = "RESTARTING"
            _quietly(restart, record)
        elif time.monotonic() - running.renewed > _RENEW_SECONDS:
            running.renewed = time.monotonic()
            credentials.write(record, running.worker.folder)


def _stop(record: Record) -> None:
    running = _running.pop(record["connectorArn"], None)
    if running is not None:
        running.worker.stop(seconds=_END_SECONDS)


def _lock(record: Record) -> threading.RLock:
    with _guard:
        return _locks.setdefault(record["connectorArn"], threading.RLock())
