"""Names in a statement: what they are called, and where they stand, for messages with line and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.catalog import CATALOG
from local.athena.errors import AthenaError

if TYPE_CHECKING:
    from local.athena.catalog import Entry
    from local.athena.query import Query


@dataclass(frozen=True, kw_only=True)
class TableName:
    """A table's full name; `where` is `line 1:15: ` or empty."""

    database: str
    name: str
    where: str = ""

    @property
    def full(self) -> str:
        """As Athena prints it."""
        return f"{CATALOG}.{self.database}.{self.name}"

    def missing(self) -> AthenaError:
        """The error that says it does not exist."""
        return AthenaError("TABLE_NOT_FOUND", f"{self.where}Table '{self.full}' does not exist")

    def exists(self) -> AthenaError:
        """The error that says it exists already."""
        return AthenaError("TABLE_ALREADY_EXISTS", f"{self.where}Table '{self.full}' already exists")


def table_name(node: exp.Table, database: str) -> TableName:
    """The name that a table reference means when `database` is the current one.

    Raises:
        AthenaError: it names another catalogue than Glue's.

    Example:
        >>> import sqlglot
        >>> table_name(sqlglot.parse_one("SELECT 1 FROM a.T", dialect="athena").find(exp.Table), "x").full
        'awsdatacatalog.a.t'
    """
    if node.catalog and node.catalog.lower() != CATALOG:
        raise AthenaError("CATALOG_NOT_FOUND", f"{position(node)}Catalog '{node.catalog}' does not exist")
    return TableName(database=(node.db or database).lower(), name=node.name.lower(), where=position(node))


def position(node: exp.Expression | None) -> str:
    """`line 1:15: ` for the first identifier of a node, or empty when the parser kept no position."""
    identifiers = node.find_all(exp.Identifier) if node is not None else ()
    spots = [identifier.meta for identifier in identifiers if "line" in identifier.meta]
    if not spots:
        return ""
    first = min(spots, key=lambda meta: meta["start"])
    return f"line {first['line']}:{max(1, first['col'] - (first['end'] - first['start']))}: "


def require_table(query: Query, name: TableName) -> Entry:
    """The Glue table of that name.

    Raises:
        AthenaError: SCHEMA_NOT_FOUND or TABLE_NOT_FOUND.
    """
    found = query.catalog.table(name.database, name.name)
    if found is None:
        query.catalog.require_database(name.database, name.where)
        raise name.missing()
    return found


def unquoted(text: str) -> str:
    """An identifier without its quotes or backticks, in lower case.

    Example:
        >>> unquoted('"Flights"'), unquoted("`a`")
        ('flights', 'a')
    """
    return text.strip().strip('`"').lower()


def split_name(text: str, database: str) -> TableName:
    """A dotted, perhaps quoted name as it stands in DDL.

    Example:
        >>> split_name('"awsdatacatalog"."a"."b"', "x").full, split_name("`b`", "x").full
        ('awsdatacatalog.a.b', 'awsdatacatalog.x.b')
    """
    parts, current, quote = [], "", ""
    for char in text.strip():
        if char in '`"' and (not quote or quote == char):
            quote = "" if quote else char
        elif char == "." and not quote:
            parts.append(current)
            current = ""
        else:
            current += char
    parts = [part.strip().lower() for part in [*parts, current]]
    return TableName(database=parts[-2] if len(parts) > 1 else database, name=parts[-1])
