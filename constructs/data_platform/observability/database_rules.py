"""The alarms of a database as a table; every threshold that depends on its size is computed from its size.

What silence means: gauges keep the state that they had (`ignore`), for a database that filled its disk and died is not
well again; the one alarm that takes silence for a fault says once that nothing is heard. Faults that are counted in a
log, and slots that may not exist, treat silence as good.

A rule of severity `page` does not page by itself: the database's composite alarm does, once for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.observability.database_gauge import gauge, level
from data_platform.observability.database_log import log_rules
from data_platform.observability.database_replication_rules import replication_rules
from data_platform.observability.rules import FIVE_MINUTES

if TYPE_CHECKING:
    from data_platform.observability.database_classes import Engine
    from data_platform.observability.rules import AlarmRule, Severity
    from data_platform.observability.watched_database import WatchedDatabase

# Share of what there is that is in use, in percent: who is told when.
CPU = {"ticket": 80, "page": 90}
CONNECTIONS = {"ticket": 80, "page": 90}
STORAGE = {"ticket": 75, "page": 85}
# MySQL gives three quarters of the memory to its buffer pool and is well with little left.
MEMORY: dict[Engine, dict[str, float]] = {
    "postgres": {"ticket": 90, "page": 95},
    "mysql": {"ticket": 95, "page": 97.5},
}
# Response time of the disk: gp3 answers in single-digit milliseconds.
LATENCY_SECONDS = {"ticket": 0.02, "page": 0.1}


def database_rules(database: WatchedDatabase) -> tuple[AlarmRule, ...]:
    """Every alarm of a database.

    Example:
        >>> from data_platform.observability.watched_database import WatchedDatabase
        >>> shop = WatchedDatabase(instance="shop", engine="postgres", instance_class="db.t4g.medium", storage_gib=20)
        >>> {rule.name: rule.threshold for rule in database_rules(shop)}["connections-high"]
        328.8
    """
    both: tuple[Severity, ...] = ("ticket", "page")
    return (
        *(rule(database, severity) for severity in both for rule in (_cpu, _connections, _memory, _storage)),
        *(_latency(database, way, severity) for way in ("Read", "Write") for severity in both),
        _disk_queue(database),
        *replication_rules(database),
        *log_rules(database),
        *_silence(database),
    )


def _cpu(database: WatchedDatabase, severity: Severity) -> AlarmRule:
    minutes = 15 if severity == "page" else 5
    return gauge(
        database.instance,
        f"cpu-{level(severity)}",
        "CPUUtilization",
        severity,
        runbook="database-busy",
        symptom=f"Its processors are busy to {CPU[severity]} % and more for {minutes} minutes",
        statistic="Average",
        threshold=CPU[severity],
        periods=minutes,
    )


def _connections(database: WatchedDatabase, severity: Severity) -> AlarmRule:
    return gauge(
        database.instance,
        f"connections-{level(severity)}",
        "DatabaseConnections",
        severity,
        runbook="database-connections",
        symptom=f"{CONNECTIONS[severity]} % of its {database.most_connections} connections are taken",
        statistic="Maximum",
        threshold=database.most_connections * CONNECTIONS[severity] / 100,
        periods=3,
    )


def _memory(database: WatchedDatabase, severity: Severity) -> AlarmRule:
    used = MEMORY[database.engine][severity]
    return gauge(
        database.instance,
        f"memory-{level(severity, 'low')}",
        "FreeableMemory",
        severity,
        runbook="database-memory",
        symptom=f"More than {used:g} % of its memory is in use",
        statistic="Average",
        comparison="LessThanOrEqualToThreshold",
        threshold=_left(database.offered.memory_bytes, used),
        periods=10,
    )


def _storage(database: WatchedDatabase, severity: Severity) -> AlarmRule:
    used = STORAGE[severity]
    return gauge(
        database.instance,
        f"storage-{level(severity, 'low')}",
        "FreeStorageSpace",
        severity,
        runbook="database-storage",
        symptom=f"{used} % of its {database.storage_gib} GiB of storage are used; a full database stops",
        statistic="Minimum",
        comparison="LessThanOrEqualToThreshold",
        threshold=_left(database.storage_bytes, used),
        period_seconds=FIVE_MINUTES,
    )


def _left(whole: int, used_percent: float) -> float:
    """What is left in whole bytes when so much is used."""
    return float(whole * round(1000 - used_percent * 10) // 1000)


def _latency(database: WatchedDatabase, way: str, severity: Severity) -> AlarmRule:
    limit = LATENCY_SECONDS[severity]
    return gauge(
        database.instance,
        f"{way.lower()}-latency-{level(severity)}",
        f"{way}Latency",
        severity,
        runbook="database-slow",
        symptom=f"A {way.lower()} of its disk takes {limit * 1000:g} ms and more",
        statistic="Average",
        threshold=limit,
        periods=10,
    )


def _disk_queue(database: WatchedDatabase) -> AlarmRule:
    # Little's law: what waits is what comes a second times the seconds that one takes.
    waiting = database.baseline_iops * LATENCY_SECONDS["ticket"]
    return gauge(
        database.instance,
        "disk-queue-high",
        "DiskQueueDepth",
        "ticket",
        runbook="database-slow",
        symptom=f"{waiting:g} and more reads and writes wait for its disk",
        statistic="Average",
        threshold=waiting,
        periods=10,
    )


def _silence(database: WatchedDatabase) -> tuple[AlarmRule, ...]:
    if not database.silence:
        return ()
    return (
        gauge(
            database.instance,
            "silent",
            "CPUUtilization",
            "page",
            runbook="database-silent",
            symptom="It has reported nothing for a quarter of an hour: it is stopped, gone or out of reach",
            statistic="SampleCount",
            comparison="LessThanThreshold",
            threshold=1,
            period_seconds=FIVE_MINUTES,
            periods=3,
            missing="breaching",
        ),
    )
