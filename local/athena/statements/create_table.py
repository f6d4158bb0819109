"""CREATE TABLE without a query, and DROP TABLE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ministack.services import athena
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField

from local.athena import iceberg_create
from local.athena.access import DROP
from local.athena.catalog import is_iceberg, is_view, location_of
from local.athena.column_types import split_top_level
from local.athena.errors import AthenaError, InvalidRequest
from local.athena.names import TableName, require_table, split_name
from local.athena.results import Outcome
from local.athena.sources import iceberg
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    from local.athena.query import Query

_PARTITIONED = re.compile(r"\bPARTITIONED\s+BY\s*\(", re.IGNORECASE)
_NOT_PROPERTIES = frozenset({"table_type", "format", "external"})


def check(sql: str) -> None:
    """Refuses at submission what Athena refuses there.

    Raises:
        InvalidRequest: a Hive table that is not EXTERNAL.
        AthenaError: SYNTAX_ERROR when the statement does not parse.
    """
    parsed, _ = _parsed(sql)
    if not parsed.external and not parsed.iceberg:
        raise InvalidRequest("External keyword required for table type HIVE", code="MALFORMED_QUERY")


def create(query: Query, *, sql: str) -> Outcome:
    """CREATE TABLE.

    Raises:
        AthenaError: the database does not exist, the name is taken, or the location is missing.
    """
    parsed, partitioning = _parsed(sql)
    name = TableName(database=(parsed.database or query.database).lower(), name=parsed.table.lower())
    query.catalog.require_database(name.database)
    if query.catalog.table(name.database, name.name) is not None:
        if parsed.if_not_exists:
            return Outcome(layout="text")
        raise AthenaError(
            "TABLE_ALREADY_EXISTS", f"FAILED: AlreadyExistsException Table {name.name} already exists"
        )
    if not parsed.location:
        raise AthenaError(
            "INVALID_TABLE_PROPERTY", "Table location is missing: add LOCATION 's3://bucket/path/'"
        )
    location = parsed.location if parsed.location.endswith("/") else parsed.location + "/"
    session = query.access.session_to_create(database=name.database, location=location)
    if not parsed.iceberg:
        entry = athena._create_table_input(parsed)
        entry["StorageDescriptor"]["Location"] = location
        query.catalog.call("create_table", DatabaseName=name.database, TableInput=entry)
    else:
        fields = [
            NestedField(
                i,
                c["Name"].lower(),
                iceberg_create.type_of_ddl(c["Type"]),
                required=False,
                doc=c.get("Comment"),
            )
            for i, c in enumerate(parsed.columns, start=1)
        ]
        properties = {k: v for k, v in parsed.table_properties.items() if k.lower() not in _NOT_PROPERTIES}
        iceberg_create.create(
            query, name, session=session, schema=Schema(*fields), partitioning=partitioning, location=location,
            properties=properties,
        )  # fmt: skip
    query.catalog.forget(name.database, name.name)
    return Outcome(layout="text")


def drop(query: Query, found: re.Match[str]) -> Outcome:
    """DROP TABLE: an Iceberg table's files go with it, a Hive table's stay.

    Raises:
        AthenaError: there is no such table, or the caller may not drop it.
    """
    name = split_name(found["name"], query.database)
    if query.catalog.table(name.database, name.name) is None and found["if"]:
        return Outcome(layout="text")
    entry = require_table(query, name)
    if is_view(entry):
        raise AthenaError("", f"FAILED: SemanticException Cannot drop a view with DROP TABLE: {name.full}")
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs={DROP}
    )
    query.catalog.call("delete_table", DatabaseName=name.database, Name=name.name)
    query.catalog.forget(name.database, name.name)
    if is_iceberg(entry):
        store = ObjectStore(session)
        store.delete(stored.uri for stored in store.listing(iceberg_location(query, entry, session)))
    return Outcome(layout="text")


def iceberg_location(query: Query, entry: dict[str, Any], session: Any) -> str:
    """Where an Iceberg table's files are, as its own metadata says; Glue's word when that is gone."""
    try:
        return str(iceberg.load(query, entry, session).metadata.location)
    except AthenaError:
        return location_of(entry)


def _parsed(sql: str) -> tuple[Any, list[str]]:
    """Ministack's parse, and Iceberg's partition transforms, which it does not know."""
    partitioning: list[str] = []
    text = sql
    if re.search(r"'table_type'\s*=\s*'iceberg'", sql, re.IGNORECASE):
        found = _PARTITIONED.search(sql)
        if found:
            end = _closing(sql, found.end())
            partitioning = split_top_level(sql[found.end() : end])
            text = sql[: found.start()] + sql[end + 1 :]
    text = re.sub(r"([`\"])(\w+)\1\s*\.\s*([`\"])(\w+)\3", r"\2.\4", text, count=1)
    parsed = athena._parse_ddl(text)
    if not isinstance(parsed, athena._CreateTable):
        raise AthenaError(
            "SYNTAX_ERROR", "line 1:1: mismatched input: the CREATE TABLE statement cannot be parsed"
        )
    return parsed, partitioning


def _closing(text: str, start: int) -> int:
    depth = 1
    for position in range(start, len(text)):
        depth += (text[position] == "(") - (text[position] == ")")
        if depth == 0:
            return position
    raise AthenaError("SYNTAX_ERROR", "line 1:1: missing ')' after PARTITIONED BY")
