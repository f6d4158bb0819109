"""Which columns and conditions a query pushes down to each of its tables, as DuckDB's own optimiser decides.

The query is explained over empty stand-ins of its tables. What the optimiser would push into each scan is exactly
what must be read, so partitions and columns are pruned by the same rules that later run the query.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from local.athena.sources.source import Needs

if TYPE_CHECKING:
    import duckdb


def needs_of(
    connection: duckdb.DuckDBPyConnection, sql: str, tables: dict[str, list[str]]
) -> dict[str, Needs]:
    """What `sql` needs of each stand-in table.

    Args:
        connection: has an empty table for every name in `tables`.
        sql: the query, in DuckDB's dialect.
        tables: column names by stand-in name.

    Returns:
        By stand-in name; a table that the optimiser found it need not read at all is missing.

    Example:
        >>> import duckdb
        >>> connection = duckdb.connect()
        >>> _ = connection.execute("CREATE TABLE t0 (a INTEGER, b INTEGER, d DATE)")
        >>> sql = "SELECT a FROM t0 WHERE d = DATE '2013-01-01'"
        >>> sorted(needs_of(connection, sql, {"t0": ["a", "b", "d"]})["t0"].columns)
        ['a', 'd']
    """
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    try:
        plan = json.loads(connection.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchall()[0][1])
    finally:
        connection.execute("SET disabled_optimizers = ''")
    found: dict[str, list[Needs]] = {}
    for node in plan:
        _visit(node, tables, found)
    return {name: _either(scans) for name, scans in found.items()}


def _visit(node: dict[str, Any], tables: dict[str, list[str]], found: dict[str, list[Needs]]) -> None:
    details = node.get("extra_info") or {}
    name = str(details.get("Table", "")).rsplit(".", 1)[-1].strip('"')
    if name in tables:
        found.setdefault(name, []).append(_scan(details, tables[name]))
    for child in node.get("children") or []:
        _visit(child, tables, found)


def _scan(details: dict[str, Any], columns: list[str]) -> Needs:
    known = {column.lower(): column for column in columns}
    conditions = tuple(text.removeprefix("optional: ") for text in _texts(details.get("Filters")))
    used = {known[name] for name in map(_column_of, _texts(details.get("Projections"))) if name in known}
    for condition in conditions:
        used |= {known[name] for name in columns_in(condition, known) if name in known}
    return Needs(columns=frozenset(used), conditions=conditions)


def _column_of(projection: str) -> str:
    """The column that a scan projects; of a struct, DuckDB names the field that is used: `status.state`.

    Example:
        >>> _column_of("Status.state"), _column_of('"a b"'), _column_of("_col0")
        ('status', 'a b', '_col0')
    """
    text = projection.lower()
    return text[1 : text.find('"', 1)] if text.startswith('"') else text.partition(".")[0]


def columns_in(condition: str, known: dict[str, str]) -> set[str]:
    """Lower-case names of the columns in a condition; all known ones when it cannot be parsed.

    Example:
        >>> columns_in("$path='s3://a/b'", {"a": "a", "$path": "$path"})
        {'$path'}
    """
    try:
        tree = sqlglot.parse_one(condition, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return set(known)
    # DuckDB quotes no name in a condition: `$path` reads as a parameter.
    hidden = {name for name in known if name.startswith("$") and name in condition.lower()}
    return {column.name.lower() for column in tree.find_all(exp.Column)} | hidden


def _texts(value: Any) -> list[str]:
    if not value:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]


def _either(scans: list[Needs]) -> Needs:
    """The needs of several scans of one table: all their columns, and rows that any of them uses."""
    columns = frozenset().union(*(scan.columns for scan in scans))
    if len(scans) == 1:
        return scans[0]
    if not all(scan.conditions for scan in scans):
        return Needs(columns=columns)
    alternatives = " OR ".join("(" + " AND ".join(f"({c})" for c in scan.conditions) + ")" for scan in scans)
    return Needs(columns=columns, conditions=(alternatives,))
