"""What PostgreSQL's catalogue says of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.errors import did_you_mean
from jobs.extraction.outcome import Refused
from jobs.extraction.postgres.types import Column

if TYPE_CHECKING:
    from jobs.extraction.postgres.connection import Connection

_BLOCK = 8192
_VARHDRSZ, _SCALE_BITS, _SCALE_SIGN = 4, 0x7FF, 1024
_TABLE = """
SELECT c.oid, c.relkind, coalesce((
    SELECT max(pg_relation_size(p.relid)) FROM pg_partition_tree(c.oid) AS p), pg_relation_size(c.oid)
)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = {schema} AND c.relname = {name} AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_NAMES = """
SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
AND has_table_privilege(c.oid, 'SELECT')
"""
_COLUMNS = """
WITH RECURSIVE typed AS (
    SELECT a.attnum, a.attname, a.attnotnull, format_type(a.atttypid, a.atttypmod) AS written,
        a.atttypid AS type, a.atttypmod AS modifier
    FROM pg_attribute AS a WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT d.attnum, d.attname, d.attnotnull OR t.typnotnull, d.written, t.typbasetype,
        CASE WHEN d.modifier >= 0 THEN d.modifier ELSE t.typtypmod END
    FROM typed AS d JOIN pg_type AS t ON t.oid = d.type WHERE t.typtype = 'd'
)
SELECT d.attname, d.written, t.typname, d.modifier, d.attnotnull
FROM typed AS d JOIN pg_type AS t ON t.oid = d.type WHERE t.typtype <> 'd' ORDER BY d.attnum
"""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table: its columns by name, and the blocks it fills; None when it cannot be read by blocks."""

    columns: dict[str, Column]
    blocks: int | None


def look_up(connection: Connection, schema: str, name: str) -> Table:
    """What the catalogue says.

    Raises:
        Refused: when there is no such table, or none that may be read.
    """
    found = connection.query(_TABLE.format(schema=literal(schema), name=literal(name)))
    if not found:
        names = [str(row[0]) for row in connection.query(_NAMES)]
        close = did_you_mean(f"{schema}.{name}", names)
        raise Refused(f"there is no table {schema}.{name}" + (f"; {close}" if close else ""))
    oid, kind, size = found[0]
    columns = [_column(row) for row in connection.query(_COLUMNS.format(oid=oid))]
    blocks = int(size or 0) // _BLOCK if kind in ("r", "p", "m") else None
    return Table(columns={column.name: column for column in columns}, blocks=blocks)


def literal(value: str) -> str:
    """A text literal, whatever `standard_conforming_strings` says.

    Example:
        >>> literal("o'hara")
        "E'o''hara'"
    """
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _column(row: tuple[str | None, ...]) -> Column:
    name, written, base, modifier, required = (str(value) for value in row)
    precision, scale = None, 0
    if base == "numeric" and int(modifier) >= _VARHDRSZ:
        packed = int(modifier) - _VARHDRSZ
        precision = packed >> 16 & 0xFFFF
        scale = ((packed & _SCALE_BITS) ^ _SCALE_SIGN) - _SCALE_SIGN
    return Column(
        name=name, written=written, base=base, precision=precision, scale=scale, required=required == "t"
    )
