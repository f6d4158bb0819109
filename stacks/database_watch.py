"""Who is told of a database, and from which of its settings the thresholds follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.observability import DatabaseAlarms, WatchedDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns
    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from environments.model import DatabaseSettings, Environment


def watched_database(
    settings: DatabaseSettings, naming: Naming, environment: Environment, *, replica: str | None = None
) -> WatchedDatabase:
    """A database of an environment as its alarms and its row of the dashboard see it.

    Args:
        settings: The database.
        naming: Physical names of its domain.
        environment: Where it stands; it says whether somebody answers when nothing is heard.
        replica: Identifier of its read replica, if there is one.
    """
    return WatchedDatabase(
        instance=naming.database_instance(settings.name),
        engine=settings.engine,
        instance_class=settings.instance_class,
        storage_gib=settings.storage_gib,
        replica=replica,
        silence=environment.recovery.watched,
    )


def watch_database(
    scope: Construct,
    settings: DatabaseSettings,
    naming: Naming,
    environment: Environment,
    *,
    topics: Mapping[str, sns.ITopic],
    log_group: str,
    replica: str | None = None,
) -> DatabaseAlarms:
    """Alarms of a database.

    Args:
        scope: The stack of the database.
        settings: The database.
        naming: Physical names of its domain.
        environment: Where it stands.
        topics: Who is told, by severity.
        log_group: Name of the log group of its engine's log, `LOG_OF` says which; as a reference, so that the
            group is there before what is counted in it.
        replica: Identifier of its read replica, if there is one.
    """
    return DatabaseAlarms(
        scope,
        f"{settings.name.title()}Alarms",
        database=watched_database(settings, naming, environment, replica=replica),
        owner=environment.alarms.owner,
        topics=topics,
        log_group=log_group,
    )
