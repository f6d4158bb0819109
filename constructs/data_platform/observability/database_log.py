"""What is counted in a database's log: deadlocks and failed logins, as each engine words them.

RDS has no figure of either; its log is exported to CloudWatch Logs. MySQL writes both only with
`log_error_verbosity = 3`, deadlocks only with `innodb_print_all_deadlocks = 1`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.observability.rules import FIVE_MINUTES, AlarmRule

if TYPE_CHECKING:
    from data_platform.observability.database_classes import Engine
    from data_platform.observability.watched_database import WatchedDatabase

DEADLOCKS = LOGINS_FAILED = 5

# The exported log that has both.
LOG_OF: dict[Engine, str] = {"postgres": "postgresql", "mysql": "error"}

_DEADLOCK = '"deadlock detected"'
_REFUSED: dict[Engine, tuple[str, ...]] = {
    "postgres": (
        "password authentication failed for user",
        "PAM authentication failed for user",  # an IAM token that is no good
        "no pg_hba.conf entry for host",  # a stranger, or somebody without TLS
        "pg_hba.conf rejects connection",
    ),
    "mysql": ("Access denied for user",),
}


def log_filters(engine: Engine) -> dict[str, str]:
    """Filter pattern by metric.

    Args:
        engine: Whose log it is.

    Example:
        >>> log_filters("mysql")["LoginsFailed"]
        '?"Access denied for user"'
    """
    refused = " ".join(f'?"{text}"' for text in _REFUSED[engine])
    return {"Deadlocks": _DEADLOCK, "LoginsFailed": refused}


def log_rules(database: WatchedDatabase) -> tuple[AlarmRule, ...]:
    """The alarms on what is counted; a log without a word is good news.

    Example:
        >>> from data_platform.observability.watched_database import WatchedDatabase
        >>> shop = WatchedDatabase(instance="shop", engine="mysql", instance_class="db.t4g.medium", storage_gib=20)
        >>> [(rule.name, rule.namespace) for rule in log_rules(shop)]
        [('deadlocks', 'DataPlatform/Databases/shop'), ('logins-failed', 'DataPlatform/Databases/shop')]
    """
    return (
        AlarmRule(
            name="deadlocks",
            runbook="database-deadlocks",
            symptom=f"{DEADLOCKS} deadlocks and more in it in a quarter of an hour",
            severity="ticket",
            namespace=database.log_figures,
            metric="Deadlocks",
            threshold=DEADLOCKS,
            period_seconds=3 * FIVE_MINUTES,
        ),
        AlarmRule(
            name="logins-failed",
            runbook="database-logins",
            symptom=f"{LOGINS_FAILED} failed logins and more to it in five minutes",
            severity="ticket",
            namespace=database.log_figures,
            metric="LoginsFailed",
            threshold=LOGINS_FAILED,
        ),
    )
