"""The life of a DB instance: its engine starts, answers, stops, comes back after a restart, and goes."""

from __future__ import annotations

import contextvars
import logging
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local import identity, persistence, ports
from local.engines import mariadb, postgres
from local.engines.artifacts import EngineUnavailable
from local.engines.server import EngineError
from local.services.rds import engines, folders, front

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.rds")

Record = dict[str, Any]
_Key = tuple[str, str, str]
_STOP_SECONDS = 6


@dataclass(kw_only=True)
class Running:
    """An instance whose engine runs.

    Args:
        account: whose it is.
        region: where it is.
        record: ministack's record of it.
        server: the engine.
        front: the only door to it.
    """

    account: str
    region: str
    record: Record
    server: engines.Server
    front: front.Front
    iam_users: set[str] = field(default_factory=set)

    @property
    def postgres(self) -> postgres.Server:
        """The engine of a PostgreSQL instance.

        Raises:
            TypeError: It is another one.
        """
        if not isinstance(self.server, postgres.Server):
            raise TypeError(f"{self.record['DBInstanceIdentifier']} is no PostgreSQL")
        return self.server

    @property
    def mariadb(self) -> mariadb.Server:
        """The engine of a MySQL or MariaDB instance.

        Raises:
            TypeError: It is another one.
        """
        if not isinstance(self.server, mariadb.Server):
            raise TypeError(f"{self.record['DBInstanceIdentifier']} is no MySQL")
        return self.server


_running: dict[_Key, Running] = {}
_locks: dict[str, threading.RLock] = {}
_guard = threading.Lock()
_closing = threading.Event()


def all_running() -> list[Running]:
    """Every instance whose engine runs."""
    return list(_running.values())


def find(record: Record) -> Running | None:
    """The running instance of a record."""
    return _running.get(_key(record))


def at(port: int) -> Running | None:
    """The running instance whose endpoint has this port."""
    return next((one for one in all_running() if one.front.port == port), None)


def in_background(work: Callable[[Record], None], record: Record) -> None:
    """Do lengthy work for an instance on a thread of its own, in this account and region."""
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(_quietly, work, record), daemon=True, name="rds-instance"
    ).start()


def _quietly(work: Callable[[Record], None], record: Record) -> None:
    try:
        work(record)
    except Exception as error:
        logger.exception("DB instance %s", record["DBInstanceIdentifier"])
        record["DBInstanceStatus"] = "failed"
        record["_Failure"] = f"{type(error).__name__}: {error}"
    persistence.touch()


def choose_port(record: Record) -> None:
    """Give a new instance its endpoint: localhost and a free port; the configured one is for security groups."""
    record["_ConfiguredPort"] = int(record["Endpoint"]["Port"])
    record["Endpoint"] |= {"Address": "localhost", "Port": ports.choose(None, pair=False)}


def create(record: Record, prepare: Callable[[engines.Server], None] | None = None) -> None:
    """Bring a new instance up.

    Args:
        record: ministack's record; the master password is in it until the engine knows it.
        prepare: what is done to the engine before anybody may connect.
    """
    _start(record, first=bool(record.get("_MasterUserPassword")), prepare=prepare)


def restart(record: Record) -> None:
    """Restart the engine with what its parameter group says now."""
    with _lock(record):
        _stop(record)
        _start(record)
        _in_sync(record)


def start(record: Record) -> None:
    """Start a stopped instance."""
    record.pop("_Stopped", None)
    _start(record)
    _in_sync(record)


def stop(record: Record) -> None:
    """Stop an instance; its data stay."""
    record["_Stopped"] = True
    with _lock(record):
        _stop(record)
    record["DBInstanceStatus"] = "stopped"


def resume(record: Record) -> None:
    """What a restarted embedded AWS does with an instance of its saved state."""
    if record.get("_Stopped"):
        record["DBInstanceStatus"] = "stopped"
    elif record.get("_MasterUserPassword") or folders.of_instance(record).exists():
        in_background(lambda found: _start(found, first=bool(found.get("_MasterUserPassword"))), record)
    else:
        record["DBInstanceStatus"] = "failed"
        record["_Failure"] = f"Its data in {folders.of_instance(record)} are gone"


def remove(record: Record) -> None:
    """End the engine of a deleted instance, and remove its data once the state on disk knows it no more."""
    with _lock(record):
        _stop(record)
        persistence.checkpoint()
        shutil.rmtree(folders.of_instance(record), ignore_errors=True)


def stop_all() -> None:
    """Stop every engine, all at a time; for the end of the embedded AWS."""
    _closing.set()
    ended = all_running()
    _running.clear()
    ending = [threading.Thread(target=_end, args=(one,)) for one in ended]
    for thread in ending:
        thread.start()
    for thread in ending:
        thread.join()


def _end(running: Running) -> None:
    running.front.close()
    running.server.stop(seconds=_STOP_SECONDS)


def _start(
    record: Record, *, first: bool = False, prepare: Callable[[engines.Server], None] | None = None
) -> None:
    with _lock(record):
        if _closing.is_set():
            return
        try:
            server = engines.server(record)
            server.start()
            if first:
                engines.make_users(record, server, record["_MasterUserPassword"])
                record["_MasterUserPassword"] = ""
            if prepare is not None:
                prepare(server)
        except (EngineError, EngineUnavailable, ValueError) as error:
            config = "configuration" in str(error) or "parameter" in str(error)
            record["DBInstanceStatus"] = "incompatible-parameters" if config else "failed"
            record["_Failure"] = str(error)
            logger.warning("DB instance %s: %s", record["DBInstanceIdentifier"], error)
            return
        account, region, _ = _key(record)
        running = Running(account=account, region=region, record=record, server=server, front=front.Front())
        running.front.open(running, int(record["Endpoint"]["Port"]))
        record["Endpoint"]["Port"] = running.front.port
        _running[_key(record)] = running
        record.pop("_Failure", None)
        record["DBInstanceStatus"] = "available"
        persistence.touch()


def _stop(record: Record) -> None:
    running = _running.pop(_key(record), None)
    if running is not None:
        _end(running)


def _in_sync(record: Record) -> None:
    for group in record.get("DBParameterGroups") or []:
        group["ParameterApplyStatus"] = "in-sync"


def _key(record: Record) -> _Key:
    parts = str(record["DBInstanceArn"]).split(":")
    return (
        parts[4] or identity.account_id(),
        parts[3] or identity.region(),
        str(record["DBInstanceIdentifier"]),
    )


def _lock(record: Record) -> threading.RLock:
    with _guard:
        return _locks.setdefault(str(record["DbiResourceId"]), threading.RLock())
