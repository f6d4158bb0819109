"""CloudWatch metrics of an instance, from its real engine and its processes, under the names of AWS/RDS."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import psutil

from local.engines import postgres
from local.services import cloudwatch
from local.services.rds import classes, mariadb_users, postgres_roles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.services.rds.instances import Running

_Figures = dict[str, tuple[float, str]]

# Totals of last time by instance: rates are differences.
_before: dict[str, dict[str, float]] = {}

_POSTGRES = """
SELECT (SELECT count(*) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND usename IS DISTINCT FROM 'rdsadmin') AS connections,
       (SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'IO') AS queue,
       (SELECT coalesce(sum(reads), 0) FROM pg_stat_io) AS reads,
       (SELECT coalesce(sum(read_time), 0) FROM pg_stat_io) AS read_ms,
       (SELECT coalesce(sum(writes), 0) FROM pg_stat_io) AS writes,
       (SELECT coalesce(sum(write_time), 0) FROM pg_stat_io) AS write_ms,
       (SELECT max(age(datfrozenxid)) FROM pg_database) AS transactions,
       (SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots) AS slot_lag
"""
_MARIADB = (
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected', 'Innodb_data_reads', 'Innodb_data_writes', "
    "'Innodb_data_pending_reads', 'Innodb_data_pending_writes')"
)


def report(running: Running) -> _Figures:
    """Measure an instance and store its figures; gives them."""
    figures = {**_of_processes(running), **_of_engine(running)}
    name = {"DBInstanceIdentifier": str(running.record["DBInstanceIdentifier"])}
    for metric, (value, unit) in figures.items():
        cloudwatch.record("AWS/RDS", metric, value, unit=unit, dimensions=name)
    return figures


def _of_processes(running: Running) -> _Figures:
    record = running.record
    seconds, resident = 0.0, 0
    for process in _processes(running.server.pid):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system
            if process.pid == running.server.pid:
                seconds += times.children_user + times.children_system  # those that have ended
            memory = process.memory_info()
            resident += memory.rss - getattr(memory, "shared", 0)
    kind = str(record.get("DBInstanceClass", ""))
    share = _rate(running, "cpu", seconds) / classes.processors(kind)
    allocated = int(record.get("AllocatedStorage") or 20) << 30
    return {
        "CPUUtilization": (min(100.0, max(0.0, 100 * share)), "Percent"),
        "FreeableMemory": (float(max(0, classes.memory_bytes(kind) - resident)), "Bytes"),
        "FreeStorageSpace": (float(max(0, allocated - size_of(running.server.folder))), "Bytes"),
    }


def _processes(pid: int | None) -> Iterator[psutil.Process]:
    if pid is None:
        return
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        yield first
        yield from first.children(recursive=True)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and not path.is_symlink():
                total += path.stat().st_size
    return total


def _of_engine(running: Running) -> _Figures:
    if isinstance(running.server, postgres.Server):
        with postgres_roles.admin(running.server) as cursor:
            cursor.execute(_POSTGRES)
            names = [column[0] for column in cursor.description]
            return _of_postgres(running, dict(zip(names, cursor.fetchone(), strict=True)))
    with mariadb_users.admin(running.server) as cursor:
        cursor.execute(_MARIADB)
        told = {name: float(value) for name, value in cursor.fetchall()}
    pending = told.get("Innodb_data_pending_reads", 0) + told.get("Innodb_data_pending_writes", 0)
    return {
        "DatabaseConnections": (max(0.0, told.get("Threads_connected", 1) - 1), "Count"),
        "DiskQueueDepth": (pending, "Count"),
        "ReadIOPS": (_rate(running, "reads", told.get("Innodb_data_reads", 0)), "Count/Second"),
        "WriteIOPS": (_rate(running, "writes", told.get("Innodb_data_writes", 0)), "Count/Second"),
    }


def _of_postgres(running: Running, told: dict[str, Any]) -> _Figures:
    reads, read_ms = (_difference(running, name, float(told[name])) for name in ("reads", "read_ms"))
    writes, write_ms = (_difference(running, name, float(told[name])) for name in ("writes", "write_ms"))
    figures: _Figures = {
        "DatabaseConnections": (float(told["connections"]), "Count"),
        "DiskQueueDepth": (float(told["queue"]), "Count"),
        "ReadLatency": (read_ms / reads / 1000 if reads else 0.0, "Seconds"),
        "WriteLatency": (write_ms / writes / 1000 if writes else 0.0, "Seconds"),
        "MaximumUsedTransactionIDs": (float(told["transactions"]), "Count"),
    }
    if told["slot_lag"] is not None:
        figures["OldestReplicationSlotLag"] = (float(told["slot_lag"]), "Bytes")
    return figures


def _difference(running: Running, name: str, total: float) -> float:
    """What a total has gained since last time; a restarted engine counts from zero."""
    known = _before.setdefault(str(running.record["DbiResourceId"]), {})
    gained = total - known.get(name, total)
    known[name] = total
    return max(0.0, gained)


def _rate(running: Running, name: str, total: float) -> float:
    """What a total gains a second."""
    seconds = _difference(running, f"{name}-at", time.monotonic())
    gained = _difference(running, name, total)
    return gained / seconds if seconds else 0.0
