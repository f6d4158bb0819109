"""A source is prepared for capture by its owner, as docs/capture.md says: the connector's user and tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from operations.scope import naming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from operations.connection import Connection
    from operations.laptop.shop_database import ShopDatabase


def password(connection: Connection, source: str) -> str:
    """The connector's password, read as the owner of databases, who makes its user.

    Args:
        connection: The environment.
        source: Name of the database in the environment's settings.

    Raises:
        CommandFailed: when the role may not be assumed.
    """
    domain = next(each.domain for each in connection.environment.databases if each.name == source)
    names = naming(domain, connection.environment)
    owner = connection.assume(names.role_arn("database-owner"))
    told = owner.client("secretsmanager").get_secret_value(SecretId=names.role(f"capture-{source}"))
    return str(json.loads(told["SecretString"])["password"])


def prepare(database: ShopDatabase, *, source: str, password: str, tables: Sequence[str]) -> None:
    """Make what the connector needs, where it is not there; its password is set each time.

    Args:
        database: The database, as its owner.
        source: Name of the database in the environment's settings.
        password: Of the connector's user.
        tables: The tables that contracts capture.
    """
    with database.transaction() as session:
        database.dialect.prepare_capture(session, source=source, password=password, tables=tables)
