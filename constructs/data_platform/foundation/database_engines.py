"""What differs between the engines of databases: port, logs, and the parameters that every database of ours has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Engine = Literal["postgres", "mysql"]
# A slow statement is told with its text, never with the values that were bound to it: values are personal data.
_SLOW_MILLISECONDS = 1000
# A reader that is gone holds back changes for ever; so much of the storage it may fill, then it loses its place.
_SHARE_OF_SLOTS = 0.25
_MIB_A_GIB = 1024


@dataclass(frozen=True, kw_only=True)
class EngineTraits:
    """What the constructs know of an engine.

    Args:
        port: Not the engine's usual one: what scans networks for databases looks there first.
        logs: Logs that are exported, all that the engine has.
        main_log: The one that tells of errors and failed logins.
    """

    port: int
    logs: tuple[str, ...]
    main_log: str


TRAITS: Mapping[str, EngineTraits] = {
    "postgres": EngineTraits(port=15432, logs=("postgresql", "upgrade"), main_log="postgresql"),
    "mysql": EngineTraits(port=13306, logs=("audit", "error", "general", "slowquery"), main_log="error"),
}


def family(engine: Engine, version: str) -> str:
    """The parameter group family of a version.

    Example:
        >>> family("postgres", "17.6"), family("mysql", "8.4.5")
        ('postgres17', 'mysql8.4')
    """
    parts = version.split(".")
    return f"{engine}{parts[0]}" if engine == "postgres" else f"{engine}{'.'.join(parts[:2])}"


def parameters(engine: Engine, *, max_connections: int, storage_gib: int) -> dict[str, str]:
    """The parameters of a database: TLS or nothing, changes readable by others, logs that tell who came.

    Args:
        engine: The engine.
        max_connections: Most connections; said here so that alarms need not guess what a class allows.
        storage_gib: Allocated storage, of which a reader of changes that is gone may fill a part.

    Example:
        >>> parameters("postgres", max_connections=411, storage_gib=20)["rds.force_ssl"]
        '1'
        >>> parameters("mysql", max_connections=300, storage_gib=20)["binlog_format"]
        'ROW'
    """
    if engine == "postgres":
        return {
            "log_connections": "1",
            "log_disconnections": "1",
            "log_lock_waits": "1",
            "log_min_duration_statement": str(_SLOW_MILLISECONDS),
            "log_parameter_max_length": "0",
            "log_statement": "ddl",
            "max_connections": str(max_connections),
            "max_replication_slots": "10",
            "max_slot_wal_keep_size": str(int(storage_gib * _MIB_A_GIB * _SHARE_OF_SLOTS)),
            "max_wal_senders": "15",
            "rds.accepted_password_auth_method": "scram",
            "rds.force_ssl": "1",
            "rds.logical_replication": "1",
            "ssl_min_protocol_version": "TLSv1.2",
            "wal_sender_timeout": "60000",
        }
    return {
        "binlog_format": "ROW",
        "binlog_row_image": "full",
        "enforce_gtid_consistency": "ON",
        "gtid-mode": "ON",
        "innodb_print_all_deadlocks": "1",
        "local_infile": "0",
        "log_error_verbosity": "3",
        "log_output": "FILE",
        "long_query_time": str(_SLOW_MILLISECONDS // 1000),
        "max_connections": str(max_connections),
        "require_secure_transport": "1",
        "slow_query_log": "1",
        "tls_version": "TLSv1.2,TLSv1.3",
    }
