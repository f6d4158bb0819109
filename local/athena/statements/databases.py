"""CREATE and DROP DATABASE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.athena.errors import AthenaError
from local.athena.names import unquoted
from local.athena.results import Outcome

if TYPE_CHECKING:
    from local.athena.query import Query


def create(query: Query, found: re.Match[str]) -> Outcome:
    """CREATE DATABASE.

    Raises:
        AthenaError: it exists and IF NOT EXISTS does not stand there.
    """
    name = unquoted(found["name"])
    if query.catalog.database(name) is not None:
        if found["if"]:
            return Outcome(layout="text")
        raise AthenaError("SCHEMA_ALREADY_EXISTS", f"Schema '{name}' already exists")
    properties = dict(re.findall(r"'([^']*)'\s*=\s*'([^']*)'", found["properties"] or ""))
    entry = {"Name": name, "Parameters": properties}
    if found["location"]:
        entry["LocationUri"] = found["location"]
    if found["comment"]:
        entry["Description"] = found["comment"]
    query.catalog.call("create_database", DatabaseInput=entry)
    return Outcome(layout="text")


def drop(query: Query, found: re.Match[str]) -> Outcome:
    """DROP DATABASE; a database with tables only with CASCADE.

    Raises:
        AthenaError: it does not exist, or holds tables.
    """
    name = unquoted(found["name"])
    if query.catalog.database(name) is None:
        if found["if"]:
            return Outcome(layout="text")
        raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{name}' does not exist")
    tables = query.catalog.tables(name)
    if tables and (found["mode"] or "").upper() != "CASCADE":
        raise AthenaError("SCHEMA_NOT_EMPTY", f"Database {name} is not empty. One or more tables exist.")
    for entry in tables:
        query.catalog.call("delete_table", DatabaseName=name, Name=entry["Name"])
    query.catalog.call("delete_database", Name=name)
    return Outcome(layout="text")
