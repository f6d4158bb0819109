"""CREATE and DROP VIEW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.athena import translate, views
from local.athena.catalog import is_view
from local.athena.engine import Engine
from local.athena.errors import AthenaError
from local.athena.names import split_name
from local.athena.results import Outcome

if TYPE_CHECKING:
    import re

    from local.athena.query import Query


def create(query: Query, found: re.Match[str]) -> Outcome:
    """CREATE [OR REPLACE] VIEW; the query must bind now.

    Raises:
        AthenaError: a table of that name is in the way, or the query does not bind.
    """
    name = split_name(found["name"], query.database)
    query.catalog.require_database(name.database)
    existing = query.catalog.table(name.database, name.name)
    if existing is not None and (not found["replace"] or not is_view(existing)):
        raise name.exists()
    tree = translate.parse(found["query"])
    with Engine(query) as engine:
        schema = engine.schema(tree)
    entry = views.table_input(name, found["query"].strip(), schema, database=query.database)
    operation = "create_table" if existing is None else "update_table"
    query.catalog.call(operation, DatabaseName=name.database, TableInput=entry)
    query.catalog.forget(name.database, name.name)
    return Outcome(layout="text")


def drop(query: Query, found: re.Match[str]) -> Outcome:
    """DROP VIEW.

    Raises:
        AthenaError: there is none of that name.
    """
    name = split_name(found["name"], query.database)
    existing = query.catalog.table(name.database, name.name)
    if existing is None or not is_view(existing):
        if found["if"] and existing is None:
            return Outcome(layout="text")
        raise AthenaError("TABLE_NOT_FOUND", f"View '{name.full}' does not exist")
    query.catalog.call("delete_table", DatabaseName=name.database, Name=name.name)
    query.catalog.forget(name.database, name.name)
    return Outcome(layout="text")
