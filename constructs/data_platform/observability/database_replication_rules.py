"""The alarms of replicas and of replication slots; both end with old data, a slot also with a full disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.database_gauge import gauge, level
from data_platform.observability.rules import FIVE_MINUTES, AlarmRule

if TYPE_CHECKING:
    from data_platform.observability.rules import Severity
    from data_platform.observability.watched_database import WatchedDatabase

REPLICA_LAG_SECONDS = 300
# Percent of the storage that a log for an absent reader may take. Where a parameter group ends the promise of a slot
# (max_slot_wal_keep_size), it must do so above the page, or nobody is woken before the reader has lost its place.
SLOT = {"ticket": 10, "page": 20}
# PostgreSQL takes no more writes two thousand million transactions after it last froze its oldest row.
TRANSACTION_IDS = 10**9


def replication_rules(database: WatchedDatabase) -> tuple[AlarmRule, ...]:
    """The alarms of who follows a database, and of what waiting for followers costs it.

    Example:
        >>> from data_platform.observability.watched_database import WatchedDatabase
        >>> shop = WatchedDatabase(instance="shop", engine="mysql", instance_class="db.t4g.medium", storage_gib=20,
        ...                        replica="shop-replica")
        >>> [rule.name for rule in replication_rules(shop)]
        ['replica-lag-high', 'replica-stopped']
    """
    lag: dict[str, Any] = {"runbook": "database-replication", "severity": "ticket"}
    found = []
    if database.replica:
        found.append(
            gauge(
                database.replica,
                "replica-lag-high",
                metric="ReplicaLag",
                symptom=f"Its replica is {REPLICA_LAG_SECONDS} seconds and more behind",
                statistic="Maximum",
                threshold=REPLICA_LAG_SECONDS,
                periods=10,
                **lag,
            )
        )
        if database.engine == "mysql":  # -1 is how RDS says that replication has stopped
            found.append(
                gauge(
                    database.replica,
                    "replica-stopped",
                    metric="ReplicaLag",
                    symptom="Its replica has stopped to follow",
                    statistic="Minimum",
                    comparison="LessThanThreshold",
                    threshold=0,
                    periods=5,
                    **lag,
                )
            )
    if database.engine == "postgres":
        found += [_slot_lag(database, "ticket"), _slot_lag(database, "page"), _transaction_ids(database)]
    return tuple(found)


def _slot_lag(database: WatchedDatabase, severity: Severity) -> AlarmRule:
    return gauge(
        database.instance,
        f"slot-lag-{level(severity)}",
        "OldestReplicationSlotLag",
        severity,
        runbook="database-replication",
        symptom=f"A replication slot keeps a log of {SLOT[severity]} % of the storage that nobody has read",
        statistic="Maximum",
        threshold=float(database.storage_bytes * SLOT[severity] // 100),
        period_seconds=FIVE_MINUTES,
        missing="notBreaching",  # without a slot there is no figure
    )


def _transaction_ids(database: WatchedDatabase) -> AlarmRule:
    return gauge(
        database.instance,
        "transaction-ids-high",
        "MaximumUsedTransactionIDs",
        "ticket",
        runbook="database-vacuum",
        symptom="Half of the transaction ids are used up: vacuum does not keep up with it",
        statistic="Maximum",
        threshold=TRANSACTION_IDS,
        period_seconds=FIVE_MINUTES,
    )
