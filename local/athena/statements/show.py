"""SHOW and DESCRIBE."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from local.athena import projection, views
from local.athena.catalog import Entry, is_iceberg, is_view, location_of
from local.athena.errors import AthenaError
from local.athena.names import TableName, require_table, split_name, unquoted
from local.athena.results import text_outcome
from local.athena.statements import show_create

if TYPE_CHECKING:
    import re

    from local.athena.query import Query
    from local.athena.results import Outcome


def databases(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW DATABASES [LIKE]."""
    names = sorted(entry["Name"] for entry in query.catalog.databases())
    return text_outcome("database_name", _like(names, found["pattern"]))


def tables(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW TABLES [IN database] ['pattern'], views included."""
    database = unquoted(found["database"]) if found["database"] else query.database
    query.catalog.require_database(database)
    names = sorted(entry["Name"] for entry in query.catalog.tables(database))
    return text_outcome("tab_name", _like(names, found["pattern"]))


def views_of(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW VIEWS [IN database] [LIKE]."""
    database = unquoted(found["database"]) if found["database"] else query.database
    query.catalog.require_database(database)
    names = sorted(entry["Name"] for entry in query.catalog.tables(database) if is_view(entry))
    return text_outcome("views", _like(names, found["pattern"]))


def partitions(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW PARTITIONS: those of the catalogue.

    Raises:
        AthenaError: the table has no partition columns.
    """
    name, entry = _table(query, found)
    keys = [key["Name"] for key in entry.get("PartitionKeys") or []]
    if not keys:
        raise AthenaError(
            "", f"FAILED: SemanticException Table {name.database}.{name.name} is not a partitioned table"
        )
    if projection.is_enabled(entry):
        return text_outcome("partition", [])
    rows = [
        zip(keys, part["Values"], strict=True) for part in query.catalog.partitions(name.database, name.name)
    ]
    return text_outcome("partition", sorted("/".join(f"{key}={value}" for key, value in row) for row in rows))


def columns(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW COLUMNS."""
    _, entry = _table(query, found)
    return text_outcome("field", [f"{column['Name']:<20}" for column in _all_columns(entry)])


def create_table(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW CREATE TABLE."""
    name, entry = _table(query, found)
    return text_outcome("createtab_stmt", show_create.table(name, entry).splitlines())


def create_view(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW CREATE VIEW."""
    name, entry = _table(query, found)
    sql = views.definition(entry).sql
    return text_outcome("Create View", f"CREATE VIEW {name.database}.{name.name} AS\n{sql}".splitlines())


def properties(query: Query, found: re.Match[str]) -> Outcome:
    """SHOW TBLPROPERTIES."""
    _, entry = _table(query, found)
    parameters = entry.get("Parameters") or {}
    if found["key"]:
        return text_outcome(
            "prpt_name", [parameters.get(found["key"], f"Table does not have property: {found['key']}")]
        )
    return text_outcome("prpt_name", [f"{key}\t{value}" for key, value in sorted(parameters.items())])


def describe(query: Query, found: re.Match[str]) -> Outcome:
    """DESCRIBE: columns, then partition columns; EXTENDED adds location and properties."""
    _, entry = _table(query, found)
    lines = [_described(column) for column in _all_columns(entry)]
    keys = entry.get("PartitionKeys") or []
    if keys:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            "# col_name            \tdata_type           \tcomment             ",
        ]
        lines += ["\t \t ", *(_described(key) for key in keys)]
    if found["extended"]:
        details = {
            "Location:": location_of(entry),
            "Table Type:": entry.get("TableType", ""),
            **(entry.get("Parameters") or {}),
        }
        lines += ["\t \t ", "# Detailed Table Information\t \t "] + [
            f"{k:<20}\t{v:<20}\t " for k, v in details.items()
        ]
    return text_outcome("col_name", lines)


def _described(column: Entry) -> str:
    return f"{column['Name']:<20}\t{column['Type']:<20}\t{column.get('Comment') or '':<20}"


def _all_columns(entry: Entry) -> list[Entry]:
    data = list((entry.get("StorageDescriptor") or {}).get("Columns") or [])
    return data + ([] if is_iceberg(entry) else list(entry.get("PartitionKeys") or []))


def _table(query: Query, found: re.Match[str]) -> tuple[TableName, Entry]:
    name = split_name(found["name"], query.database)
    named_apart = found.groupdict().get("database")
    if named_apart:
        name = TableName(database=unquoted(named_apart), name=name.name)
    return name, require_table(query, name)


def _like(names: list[str], pattern: str | None) -> list[str]:
    """Hive's patterns: `*` for anything, `|` between alternatives; SQL's `%` is taken as `*`."""
    if not pattern:
        return names
    alternatives = [part.replace("%", "*").lower() for part in pattern.split("|")]
    return [name for name in names if any(fnmatch.fnmatchcase(name, part) for part in alternatives)]
