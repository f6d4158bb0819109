"""Ask Athena with what was granted to a person for a time: the answer is that person's alone, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from operations.elevations import ELEVATED, elevated
from operations.queries import ask

if TYPE_CHECKING:
    from data_platform.contracts.naming import Naming
    from operations.connection import Connection
    from operations.queries import Answer


def answer(connection: Connection, naming: Naming, *, person: str, sql: str) -> Answer:
    """Become elevated and ask; the result goes where the role's policy lets nobody but the person read.

    Args:
        connection: The environment.
        naming: Physical names.
        person: Who is elevated.
        sql: The question; a table without a database is a curated one.

    Raises:
        CommandFailed: when the role may not be assumed, or with Athena's own reason.
    """
    return ask(
        elevated(connection, naming, person),
        sql,
        workgroup=naming.workgroup_of(ELEVATED),
        database=naming.database("curated"),
        results=f"{naming.results(ELEVATED)}{person}/",
    )
