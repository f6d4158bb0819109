"""PREPARE, DEALLOCATE PREPARE, and the text behind EXECUTE."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ministack.services import athena

from local.athena import translate
from local.athena.errors import AthenaError
from local.athena.results import Outcome

if TYPE_CHECKING:
    import re

    from local.athena.query import Query


def prepare(query: Query, found: re.Match[str]) -> Outcome:
    """PREPARE: stores a statement in the workgroup."""
    translate.parse(found["query"])
    name = found["name"].lower()
    athena._prepared_statements[f"{query.workgroup}/{name}"] = {
        "StatementName": name,
        "WorkGroupName": query.workgroup,
        "QueryStatement": found["query"],
        "Description": "",
        "LastModifiedTime": time.time(),
    }
    return Outcome(layout="text")


def deallocate(query: Query, found: re.Match[str]) -> Outcome:
    """DEALLOCATE PREPARE.

    Raises:
        AthenaError: there is no such statement.
    """
    text(query, found["name"])
    for name in (found["name"], found["name"].lower()):
        athena._prepared_statements.pop(f"{query.workgroup}/{name}", None)
    return Outcome(layout="text")


def text(query: Query, name: str) -> str:
    """The SQL of a prepared statement.

    Raises:
        AthenaError: there is no such statement.
    """
    for spelled in (name, name.lower()):
        found = athena._prepared_statements.get(f"{query.workgroup}/{spelled}")
        if found is not None:
            return str(found["QueryStatement"])
    raise AthenaError("NOT_FOUND", f"PreparedStatement {name} was not found in workGroup {query.workgroup}")
