"""A database as its alarms see it: the size from which every threshold follows."""

from __future__ import annotations

from dataclasses import dataclass

from data_platform.observability.database_classes import (
    GIB,
    DatabaseClass,
    Engine,
    database_class,
    max_connections,
)

# gp3 of PostgreSQL and MySQL, without provisioned IOPS: from 400 GiB on RDS stripes over four volumes.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html
_BASELINE_IOPS, _STRIPED_IOPS, _STRIPED_FROM_GIB = 3000, 12_000, 400


@dataclass(frozen=True, kw_only=True)
class WatchedDatabase:
    """What the alarms of a database look at, and the size from which their thresholds follow.

    Args:
        instance: Identifier of the DB instance; starts the name of each alarm.
        engine: `postgres` or `mysql`.
        instance_class: Such as `db.t4g.medium`.
        storage_gib: Allocated storage.
        connections: max_connections where the parameter group sets it; None takes the engine's own formula.
        replica: Identifier of the read replica, if there is one.
        silence: Whether somebody is told when it reports nothing.

    Raises:
        UnknownDatabaseClass: when nobody wrote down what the class offers.

    Example:
        >>> shop = WatchedDatabase(instance="dp-dev-retail-shop", engine="postgres", instance_class="db.t4g.medium",
        ...                        storage_gib=20)
        >>> shop.most_connections
        411
    """

    instance: str
    engine: Engine
    instance_class: str
    storage_gib: int
    connections: int | None = None
    replica: str | None = None
    silence: bool = True

    def __post_init__(self) -> None:
        """Refuse a class that nobody wrote down."""
        self.offered  # noqa: B018 - raises

    @property
    def offered(self) -> DatabaseClass:
        """What its class offers."""
        return database_class(self.instance_class)

    @property
    def most_connections(self) -> int:
        """Connections that the engine takes."""
        return self.connections or max_connections(self.engine, self.instance_class)

    @property
    def storage_bytes(self) -> int:
        """Allocated storage in bytes."""
        return self.storage_gib * GIB

    @property
    def baseline_iops(self) -> int:
        """Reads and writes a second that the storage does without being paid for more."""
        return _STRIPED_IOPS if self.storage_gib >= _STRIPED_FROM_GIB else _BASELINE_IOPS

    @property
    def log_figures(self) -> str:
        """Namespace of what metric filters count in its log: such filters cannot add a dimension."""
        return f"DataPlatform/Databases/{self.instance}"
