"""The database at the far end of a tunnel, as RDS describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed, ExitCode
from operations.scope import naming, unknown

if TYPE_CHECKING:
    from environments.databases import DatabaseSettings
    from operations.connection import Connection


@dataclass(frozen=True, kw_only=True)
class FarDatabase:
    """Where a database listens inside its network.

    Args:
        name: As contracts and environments name it.
        engine: `postgres` or `mysql`.
        host: Host of its endpoint, which its certificate names.
        port: Port of its endpoint.
        database: Name of the database in the instance.
        secret_arn: Secret of its master user, which RDS rotates.
    """

    name: str
    engine: str
    host: str
    port: int
    database: str
    secret_arn: str


def settings_of(connection: Connection, name: str) -> DatabaseSettings:
    """The settings of a database in the environment.

    Raises:
        CommandFailed: the environment has no such database; it says which one was probably meant.
    """
    environment = connection.environment
    for database in environment.databases:
        if database.name == name:
            return database
    known = [database.name for database in environment.databases]
    if not known:
        raise CommandFailed(f"environment {environment.name} has no databases", ExitCode.USAGE)
    raise CommandFailed(unknown(f"database of {environment.name}", name, known), ExitCode.USAGE)


def far_database(connection: Connection, settings: DatabaseSettings) -> FarDatabase:
    """Ask RDS where a database is.

    Args:
        connection: As the role that opens tunnels.
        settings: The database's settings.

    Raises:
        CommandFailed: it is not deployed, or has no endpoint yet.
    """
    rds = connection.client("rds")
    identifier = naming(settings.domain, connection.environment).database_instance(settings.name)
    try:
        [found] = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    except rds.exceptions.DBInstanceNotFoundFault as error:
        raise CommandFailed(
            f"the database {identifier} is not deployed. Deploy the stack of {settings.domain}'s databases first.",
            ExitCode.UNREACHABLE,
        ) from error
    endpoint = found.get("Endpoint") or {}
    if not endpoint.get("Address"):
        raise CommandFailed(
            f"the database {identifier} is {found.get('DBInstanceStatus')} and has no address yet. Try again later.",
            ExitCode.UNREACHABLE,
        )
    return FarDatabase(
        name=settings.name,
        engine=settings.engine,
        host=endpoint["Address"],
        port=int(endpoint["Port"]),
        database=settings.database,
        secret_arn=(found.get("MasterUserSecret") or {}).get("SecretArn", ""),
    )
