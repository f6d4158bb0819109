"""Which real engine stands behind an instance, and how it is made ready."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from local.engines import mariadb, postgres
from local.services.rds import access_file, folders, mariadb_users, parameters, postgres_roles

if TYPE_CHECKING:
    from pathlib import Path

Server = postgres.Server | mariadb.Server

# Engine to the beginnings of the versions that it stands for.
SUPPORTED = {"postgres": ("17",), "mysql": ("8.4",), "mariadb": ("11.4",)}
LOG_FILES = {"postgres": "postgresql", "mysql": "error", "mariadb": "error"}


def refusal(engine: str, version: str) -> str | None:
    """Why an instance of this engine cannot be had here; None when it can.

    Example:
        >>> refusal("postgres", "17.6"), refusal("mysql", "8.4.5")
        (None, None)
        >>> refusal("oracle-ee", "19")
        'The embedded AWS has no engine for oracle-ee 19; it has postgres 17, mysql 8.4, mariadb 11.4'
    """
    if any(version == known or version.startswith(f"{known}.") for known in SUPPORTED.get(engine, ())):
        return None
    known = ", ".join(f"{name} {versions[0]}" for name, versions in SUPPORTED.items())
    return f"The embedded AWS has no engine for {engine} {version}; it has {known}"


def is_ours(instance: dict[str, Any]) -> bool:
    """Whether a real engine runs for it: instances of their own, no members of clusters."""
    return not instance.get("DBClusterIdentifier") and instance.get("Engine") in SUPPORTED


def server(instance: dict[str, Any]) -> Server:
    """The engine of an instance, not started."""
    folder = folders.of_instance(instance)
    if instance["Engine"] == "postgres":
        return postgres.Server(
            folder,
            parameters=parameters.for_postgres(instance),
            superuser=postgres_roles.ADMIN,
            access=access_file.content(),
            environment=_mark(),
        )
    wanted = {**parameters.for_mariadb(instance), **_tls(folder)}
    return mariadb.Server(folder, parameters=wanted, environment=_mark())


def _mark() -> dict[str, str]:
    """By this `local.orphans` knows what a crashed server has left."""
    return {"LOCAL_AWS_STATE_DIR": str(folders.state())}


def take_parameters(instance: dict[str, Any], running: Server) -> None:
    """Let an engine take over what its parameter group says now, as far as it can without a restart."""
    if isinstance(running, postgres.Server):
        running.parameters = parameters.for_postgres(instance)
        running.reload()
    else:
        running.parameters = {**parameters.for_mariadb(instance), **_tls(running.folder)}
        mariadb_users.set_globals(running, parameters.for_mariadb(instance))


def make_users(instance: dict[str, Any], running: Server, password: str) -> None:
    """Make the master user and the first database."""
    given = {"master": instance["MasterUsername"], "password": password, "database": instance.get("DBName")}
    if isinstance(running, postgres.Server):
        postgres_roles.make(running, **given)
    else:
        mariadb_users.make(running, **given)


def set_password(instance: dict[str, Any], running: Server, password: str) -> None:
    """Change the master user's password."""
    if isinstance(running, postgres.Server):
        postgres_roles.set_password(running, instance["MasterUsername"], password)
    else:
        mariadb_users.set_password(running, instance["MasterUsername"], password)


def _tls(folder: Path) -> dict[str, str]:
    """Copies of the certificate that the engine may read, whoever it has become."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    source = folders.certificates()
    chosen = {}
    for parameter, name in (("ssl_cert", "server.pem"), ("ssl_key", "server.key")):
        target = folder / name
        target.touch(mode=0o600)
        shutil.copyfile(source / name, target)
        chosen[parameter] = str(target)
    return chosen
