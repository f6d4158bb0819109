"""The parameters of an instance: what its parameter group sets, as the real engine takes it."""

from __future__ import annotations

import subprocess
from functools import cache
from typing import Any

from local.engines import mariadb, postgres
from local.services.rds import formulas

# What our own way of running the engine decides; a group's value is recorded only.
_OURS_POSTGRES = frozenset(
    {
        *("data_directory", "config_file", "hba_file", "ident_file", "external_pid_file", "listen_addresses"),
        *(
            "port",
            "unix_socket_directories",
            "unix_socket_group",
            "unix_socket_permissions",
            "ssl",
            "huge_pages",
        ),
        *("shared_buffers", "effective_cache_size", "log_destination", "logging_collector", "log_directory"),
        *("log_filename", "log_rotation_age", "log_rotation_size", "archive_mode", "archive_command"),
        *("archive_library", "restore_command", "shared_memory_type", "huge_page_size", "event_source"),
        *(
            "ssl_ca_file",
            "ssl_cert_file",
            "ssl_key_file",
            "ssl_ciphers",
            "ssl_min_protocol_version",
            "maintenance_work_mem",
        ),
    }
)
_OURS_MARIADB = frozenset(
    {
        *(
            "basedir",
            "datadir",
            "socket",
            "port",
            "bind_address",
            "tmpdir",
            "pid_file",
            "innodb_buffer_pool_size",
        ),
        *(
            "innodb_log_file_size",
            "innodb_redo_log_capacity",
            "log_error",
            "general_log_file",
            "slow_query_log_file",
        ),
        *(
            "innodb_log_group_home_dir",
            "innodb_data_home_dir",
            "secure_file_priv",
            "plugin_dir",
            "require_secure_transport",
        ),
    }
)
# Names of MySQL 8.4 that MariaDB 11.4 writes otherwise; None has no counterpart.
_MARIADB_NAMES: dict[str, str | None] = {
    "log_replica_updates": "log_slave_updates",
    "binlog_expire_logs_seconds": "binlog_expire_logs_seconds",
    "log_error_verbosity": None,
    "gtid_mode": None,
    "enforce_gtid_consistency": None,
    "binlog_row_value_options": None,
}
_TRUE = frozenset({"1", "on", "true"})
_DEFAULTS_POSTGRES = {
    "log_line_prefix": "%t:%r:%u@%d:[%p]:",
    "password_encryption": "scram-sha-256",
    "track_io_timing": "on",
    "shared_preload_libraries": "pg_stat_statements",
    "max_wal_senders": "20",
    "max_replication_slots": "20",
}


def of_instance(instance: dict[str, Any]) -> dict[str, str]:
    """What the group of an instance sets, formulas computed, under RDS's own names.

    Raises:
        ValueError: A formula is not one that RDS knows.
    """
    from ministack.services import rds

    name = (instance.get("DBParameterGroups") or [{}])[0].get("DBParameterGroupName", "")
    group = rds._param_groups.get(name) or {}
    return {
        parameter: formulas.value(
            str(found["ParameterValue"]),
            instance_class=instance.get("DBInstanceClass", ""),
            allocated_gib=int(instance.get("AllocatedStorage") or 20),
        )
        for parameter, found in (group.get("Parameters") or {}).items()
        if found.get("ParameterValue") not in (None, "")
    }


def forces_tls(instance: dict[str, Any]) -> bool:
    """Whether plain-text connections are refused: PostgreSQL's default since 15, asked for by MySQL's group."""
    given = of_instance(instance)
    if instance.get("Engine") == "postgres":
        return is_true(given.get("rds.force_ssl", "1"))
    return is_true(given.get("require_secure_transport", "0"))


def is_true(value: str) -> bool:
    """A parameter's boolean.

    Example:
        >>> is_true("1"), is_true("OFF")
        (True, False)
    """
    return str(value).strip("'\"").lower() in _TRUE


def for_postgres(instance: dict[str, Any]) -> dict[str, str]:
    """What goes into postgresql.conf."""
    given = of_instance(instance)
    known, libraries = known_to_postgres(), _libraries()
    chosen = {
        name: value
        for name, value in {**_DEFAULTS_POSTGRES, **given}.items()
        if name in known and name not in _OURS_POSTGRES
    }
    wanted = [one.strip() for one in chosen["shared_preload_libraries"].split(",")]
    chosen["shared_preload_libraries"] = ",".join(one for one in wanted if one in libraries)
    if is_true(given.get("rds.logical_replication", "0")):
        chosen["wal_level"] = "logical"
    return chosen


def for_mariadb(instance: dict[str, Any]) -> dict[str, str]:
    """What goes into my.cnf; `loose_` lets MariaDB start with a parameter that only MySQL has."""
    chosen = {"loose_log_warnings": "2", "log_bin": "binlog", "server_id": "1"}
    chosen["loose_binlog_legacy_event_pos"] = (
        "ON"  # without it no event tells its place in the log, as MySQL's do
    )
    for name, value in of_instance(instance).items():
        spelled = _MARIADB_NAMES.get(name, name)
        if spelled is not None and name not in _OURS_MARIADB:
            chosen[f"loose_{spelled}" if spelled != "log_bin" else spelled] = value
    return chosen


@cache
def known_to_postgres() -> frozenset[str]:
    """The parameters that the engine itself has."""
    told = subprocess.run(
        [str(postgres.installed() / "bin" / "postgres"), "--describe-config"],
        check=True,
        capture_output=True,
        text=True,
        env={"LC_ALL": "C"},
    )
    hidden = {"in_hot_standby", "server_version", "server_version_num"}
    return frozenset(line.split("\t", 1)[0] for line in told.stdout.splitlines()) - hidden


@cache
def _libraries() -> frozenset[str]:
    return frozenset(file.stem for file in (postgres.installed() / "lib" / "postgresql").glob("*.so"))


def mariadb_version() -> str:
    """The version that stands in for MySQL."""
    return mariadb.VERSION
