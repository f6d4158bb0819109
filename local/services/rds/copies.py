"""Consistent copies of an engine's data while it runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from local.engines import mariadb
from local.engines.server import EngineError
from local.services.rds import engines, mariadb_users, postgres_roles

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from local.engines.postgres import Server

DUMP = "restore.sql"
_ADMIN = "restore.rdsadmin"
_SLOT = "rds_snapshot"
_NOT_DATA = frozenset(
    {"postmaster.pid", "postmaster.opts", "run", "engine.log", "exported.json", "pgsql_tmp"}
)


def not_data(_: str, names: Iterable[str]) -> set[str]:
    """What a copy leaves out, as shutil.copytree asks."""
    return {name for name in names if name in _NOT_DATA}


def of_running_postgres(server: Server, target: Path) -> None:
    """Copy a running PostgreSQL as its manual says: backup mode, files, label, and all WAL since (kept by a slot)."""
    with postgres_roles.admin(server) as cursor:
        cursor.execute(f"SELECT pg_create_physical_replication_slot('{_SLOT}', true, true)")
        cursor.execute("SELECT pg_backup_start('rds', true)")
        shutil.copytree(
            server.folder,
            target,
            symlinks=True,
            ignore=lambda folder, names: (
                not_data(folder, names)
                | (set(names) if folder.endswith(("pg_wal", "pg_replslot")) else set())
            ),
            copy_function=_copy_what_stays,
            ignore_dangling_symlinks=True,
        )
        cursor.execute("SELECT labelfile, spcmapfile FROM pg_backup_stop(false)")
        label, spaces = cursor.fetchone()
        data = target / "data"
        (data / "backup_label").write_text(label)
        if spaces:
            (data / "tablespace_map").write_text(spaces)
        (data / "pg_wal" / "archive_status").mkdir(parents=True, exist_ok=True)
        for segment in (server.data / "pg_wal").iterdir():
            if segment.is_file():
                _copy_what_stays(str(segment), str(data / "pg_wal" / segment.name))
        cursor.execute(f"SELECT pg_drop_replication_slot('{_SLOT}')")


def _copy_what_stays(source: str, target: str, *, follow_symlinks: bool = True) -> str:
    """Copy a file; one that the engine has just removed is none of the copy's business."""
    try:
        return str(shutil.copy2(source, target, follow_symlinks=follow_symlinks))
    except FileNotFoundError:
        return target


def of_running_mariadb(server: mariadb.Server, target: Path) -> None:
    """Dump every database and user of a running MariaDB in one transaction."""
    target.mkdir(parents=True, mode=0o700)
    (target / _ADMIN).touch(mode=0o600)
    (target / _ADMIN).write_text(mariadb_users.password(server))
    with (target / DUMP).open("wb") as dump:
        ended = subprocess.run(
            [
                str(mariadb.installed() / "bin" / "mariadb-dump"),
                *(f"--socket={server.socket}", f"--user={mariadb_users.ADMIN}", "--all-databases"),
                *("--single-transaction", "--routines", "--events", "--triggers", "--flush-privileges"),
            ],
            check=False,
            stdout=dump,
            stderr=subprocess.PIPE,
            env={**os.environ, "MYSQL_PWD": mariadb_users.password(server)},
        )
    if ended.returncode != 0:
        raise EngineError(f"mariadb-dump failed: {ended.stderr.decode(errors='replace').strip()}")


def load_into_mariadb(server: engines.Server) -> None:
    """Load the dump that lies in a new server's folder, users included: rdsadmin's password is then the old one."""
    if not isinstance(server, mariadb.Server):
        raise TypeError(f"{server.folder} holds no MariaDB")
    dump, old = server.folder / DUMP, server.folder / _ADMIN
    with dump.open("rb") as statements:
        ended = subprocess.run(
            [
                str(mariadb.installed() / "bin" / "mariadb"),
                f"--socket={server.socket}",
                f"--user={mariadb_users.ADMIN}",
            ],
            check=False,
            stdin=statements,
            capture_output=True,
            env={**os.environ, "MYSQL_PWD": mariadb_users.password(server)},
        )
    if ended.returncode != 0:
        raise EngineError(f"The snapshot cannot be loaded: {ended.stderr.decode(errors='replace').strip()}")
    mariadb_users.take_password(server, old.read_text())
    dump.unlink()
    old.unlink()
