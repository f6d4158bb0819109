"""Which types of PostgreSQL fit into which types of raw exactly, and how they are selected for it."""

from __future__ import annotations

from dataclasses import dataclass

from data_platform.contracts.sql_text import quoted
from jobs.extraction.postgres.numeric import MOST_DIGITS
from jobs.raw.arrow_types import decimal_of

_INTEGERS = {"int2": (16, 5), "int4": (32, 10), "int8": (64, 19)}  # bits, decimal digits
_RAW_INTEGERS = {
    "tinyint": (8, 2),
    "smallint": (16, 4),
    "int": (32, 9),
    "bigint": (64, 18),
}  # bits, digits that fit
_FLOATS = {"float": ("float4", "int2"), "double": ("float4", "float8", "int2", "int4")}
_TEXTS = ("text", "varchar", "bpchar", "name")
_PLAIN = {
    "boolean": {"bool": "bool"},
    "binary": {"bytea": "bytea"},
    "date": {"date": "date"},
    "timestamp": {"timestamp": "timestamp", "timestamptz": "timestamp"},
}
# How these look depends on the server's locale or search path: their text is not their value.
_NO_TEXT = (
    "money", "regclass", "regcollation", "regconfig", "regdictionary", "regnamespace", "regoper", "regoperator",
    "regproc", "regprocedure", "regrole", "regtype",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: its name, the type as PostgreSQL spells it, and the base type below a domain.

    `precision` and `scale` are those of a numeric that has them. `required` says that it is NOT NULL.
    """

    name: str
    written: str
    base: str
    precision: int | None
    scale: int
    required: bool


def fit(column: Column, raw: str) -> tuple[str, str] | str:
    """The SQL and the wire form by which a column is read as a raw type, or what it is when it does not fit.

    Example:
        >>> total = Column(name="total", written="numeric(12,2)", base="numeric", precision=12, scale=2, required=True)
        >>> fit(total, "decimal(12,2)"), fit(total, "decimal(10,2)")
        (('"total"', 'numeric'), 'numeric(12,2), which does not fit exactly')
    """
    name = quoted(column.name)
    if raw == "string":
        return _text(column, name)
    wire = _wire(column, raw)
    if wire is None:
        exact = "" if column.base in _NO_TEXT else "; sourceType string would keep it"
        if column.base == "numeric" and column.precision is None:
            return f"numeric without a precision, which has no exact form{exact}"
        return f"{column.written}, which does not fit exactly"
    return (f"{name}::text" if wire == "decimal" else name), wire


def _text(column: Column, name: str) -> tuple[str, str] | str:
    if column.base in _NO_TEXT:
        return f"{column.written}, whose text depends on the server's settings; select it otherwise in a view"
    if column.base in _TEXTS:
        return name, "text"
    if column.base == "bytea":
        return f"encode({name}, 'hex')", "text"
    return f"{name}::text", "text"


def _wire(column: Column, raw: str) -> str | None:
    if raw in _RAW_INTEGERS:
        bits, digits = _RAW_INTEGERS[raw]
        if column.base in _INTEGERS:
            return column.base if _INTEGERS[column.base][0] <= bits else None
        return "numeric" if _numeric_fits(column, digits, 0) else None
    if raw in _FLOATS:
        return column.base if column.base in _FLOATS[raw] else None
    if decimal_of(raw):
        return _decimal(column, raw)
    return _PLAIN[raw].get(column.base)


def _decimal(column: Column, raw: str) -> str | None:
    precision, scale = decimal_of(raw) or (0, 0)
    if column.base in _INTEGERS:
        return "decimal" if _INTEGERS[column.base][1] <= precision - scale else None
    if not _numeric_fits(column, precision, scale):
        return None
    return "numeric" if precision <= MOST_DIGITS else "decimal"


def _numeric_fits(column: Column, precision: int, scale: int) -> bool:
    if column.base != "numeric" or column.precision is None:
        return False
    return column.scale <= scale and column.precision - column.scale <= precision - scale
