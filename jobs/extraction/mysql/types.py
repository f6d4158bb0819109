"""Which types of MySQL fit into which types of raw exactly, and how they are selected for it."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.raw.arrow_types import decimal_of

# Bits of the raw type that holds every value, signed and unsigned; decimal digits of both.
_INTEGERS = {
    "tinyint": (8, 16, 3, 3), "smallint": (16, 32, 5, 5), "mediumint": (32, 32, 7, 8), "int": (32, 64, 10, 10),
    "bigint": (64, 128, 19, 20), "year": (16, 16, 4, 4),
}  # fmt: skip
_RAW_INTEGERS = {
    "tinyint": (8, 2),
    "smallint": (16, 4),
    "int": (32, 9),
    "bigint": (64, 18),
}  # bits, digits that fit
_MOST_BITS = 63  # of a bit column in a bigint
_BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_TEXTS = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set")
_PLAIN = {"date": {"date": "date"}, "timestamp": {"datetime": "moment", "timestamp": "moment"}}
_AS_TEXT = ("date", "datetime", "timestamp", "time", "year", "decimal", "json", "uuid", "inet4", "inet6")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table: its name, its type as MySQL spells it and without parameters, and whether it is NOT NULL."""

    name: str
    written: str
    base: str
    precision: int
    scale: int
    required: bool

    @property
    def unsigned(self) -> bool:
        """Whether it holds no negative number."""
        return "unsigned" in self.written


def name_of(name: str) -> str:
    """An identifier, quoted.

    Example:
        >>> name_of("a`b")
        '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


def fit(column: Column, raw: str) -> tuple[str, str] | str:
    """The SQL and the wire form by which a column is read as a raw type, or what it is when it does not fit.

    Example:
        >>> number = Column(name="n", written="int unsigned", base="int", precision=10, scale=0, required=True)
        >>> fit(number, "bigint"), fit(number, "int")
        (('`n`', 'integer'), 'int unsigned, which does not fit exactly')
    """
    name = name_of(column.name)
    found = _text(column, name) if raw == "string" else _other(column, name, raw)
    return found or f"{column.written}, which does not fit exactly"


def _text(column: Column, name: str) -> tuple[str, str] | None:
    if column.base in _TEXTS:
        return name, "text"
    if column.base in _BYTES:
        return f"LOWER(HEX({name}))", "text"
    if column.base == "bit":
        return f"LPAD(BIN({name}), {column.precision}, '0')", "text"
    if column.base in ("float", "double"):
        return f"CAST({name} AS DOUBLE)", "text"
    if column.base in _AS_TEXT or column.base in _INTEGERS:
        return f"CAST({name} AS CHAR)", "text"
    return None


def _other(column: Column, name: str, raw: str) -> tuple[str, str] | None:
    if raw in _RAW_INTEGERS:
        return _integer(column, name, raw)
    if raw in ("float", "double"):
        return _float(column, name, raw)
    if decimal_of(raw):
        return _decimal(column, name, raw)
    if raw == "boolean":
        fits = column.written.startswith(("tinyint(1)", "bit(1)"))
        return (f"CAST({name} AS SIGNED)", "boolean") if fits else None
    if raw == "binary":
        return (name, "bytes") if column.base in _BYTES else None
    wire = _PLAIN[raw].get(column.base)
    # As text: zero dates come as they are, whatever the server's mode.
    return (f"CAST({name} AS CHAR)", wire) if wire else None


def _float(column: Column, name: str, raw: str) -> tuple[str, str] | None:
    """The text of a FLOAT has six digits; as a DOUBLE it has all."""
    fits = column.base == "float" or column.base == raw == "double"
    return (f"CAST({name} AS DOUBLE)", "float") if fits and not column.unsigned else None


def _decimal(column: Column, name: str, raw: str) -> tuple[str, str] | None:
    precision, scale = decimal_of(raw) or (0, 0)
    if column.base in _INTEGERS:
        return (name, "decimal") if _INTEGERS[column.base][2 + column.unsigned] <= precision - scale else None
    whole = column.precision - column.scale
    fits = column.base == "decimal" and whole <= precision - scale and column.scale <= scale
    return (name, "decimal") if fits else None


def _integer(column: Column, name: str, raw: str) -> tuple[str, str] | None:
    bits, digits = _RAW_INTEGERS[raw]
    if column.base in _INTEGERS:
        return (name, "integer") if _INTEGERS[column.base][column.unsigned] <= bits else None
    if column.base == "bit":
        return (
            (f"CAST({name} AS UNSIGNED)", "integer") if column.precision < min(bits, _MOST_BITS + 1) else None
        )
    fits = column.base == "decimal" and column.scale == 0 and column.precision <= digits
    return (name, "integer") if fits else None
