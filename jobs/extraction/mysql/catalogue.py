"""What MySQL's information schema says of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.errors import did_you_mean
from jobs.extraction.mysql.types import Column
from jobs.extraction.outcome import Refused

if TYPE_CHECKING:
    from jobs.extraction.mysql.connection import Connection

_NUMBERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
_COLUMNS = """
SELECT column_name, column_type, data_type, coalesce(numeric_precision, 0), coalesce(numeric_scale, 0), is_nullable
FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {name} ORDER BY ordinal_position
"""
_TABLE = """
SELECT engine, table_rows, table_type FROM information_schema.tables
WHERE table_schema = {schema} AND table_name = {name}
"""
_KEY = """
SELECT column_name FROM information_schema.statistics
WHERE table_schema = {schema} AND table_name = {name} AND index_name = 'PRIMARY' AND seq_in_index = 1
"""
_NAMES = "SELECT concat(table_schema, '.', table_name) FROM information_schema.tables"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: its columns by name, about how many rows it has, and the first column of its key if it is a number."""

    columns: dict[str, Column]
    rows: int
    key: str | None


def look_up(connection: Connection, schema: str, name: str) -> Table:
    """What the information schema says.

    Raises:
        Refused: when there is no such table, or its engine knows no snapshots.
    """
    where = {"schema": literal(schema), "name": literal(name)}
    found = connection.query(_TABLE.format(**where))
    if not found:
        close = did_you_mean(f"{schema}.{name}", [str(row[0]) for row in connection.query(_NAMES)])
        raise Refused(f"there is no table {schema}.{name}" + (f"; {close}" if close else ""))
    engine, rows, kind = found[0]
    if kind == "BASE TABLE" and str(engine).lower() != "innodb":
        raise Refused(f"{schema}.{name}: engine {engine} has no consistent snapshot; allowed: InnoDB")
    columns = {column.name: column for column in map(_column, connection.query(_COLUMNS.format(**where)))}
    keys = [str(row[0]) for row in connection.query(_KEY.format(**where))]
    key = keys[0] if keys and columns[keys[0]].base in _NUMBERS else None
    return Table(columns=columns, rows=int(rows or 0), key=key)


def literal(value: str) -> str:
    """A text literal.

    Example:
        >>> literal("o'hara")
        "'o''hara'"
    """
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _column(row: tuple[str | None, ...]) -> Column:
    name, written, base, precision, scale, nullable = (str(value) for value in row)
    return Column(
        name=name,
        written=written,
        base=base,
        precision=int(precision),
        scale=int(scale),
        required=nullable == "NO",
    )
