"""Which type a crawler may find where a contract promises another: the widenings that Athena reads."""

from __future__ import annotations

import re

# What may be in the file when the contract says the key. Athena (Trino) reads a Parquet INT32 as bigint and a
# FLOAT as double; it reads no integer as text and no text as a number.
_NARROWER = {
    "smallint": ("tinyint",),
    "int": ("tinyint", "smallint"),
    "bigint": ("tinyint", "smallint", "int"),
    "double": ("float",),
}
_SPELLINGS = {"integer": "int", "long": "bigint", "short": "smallint", "byte": "tinyint", "real": "float"}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_TEXT = re.compile(r"(varchar|char)(\(\d+\))?")


def normal(type_name: str) -> str:
    """A type in the catalogue's spelling.

    Example:
        >>> normal("INTEGER"), normal("varchar(3)"), normal("decimal(10, 2)")
        ('int', 'string', 'decimal(10,2)')
    """
    name = type_name.strip().lower()
    if _TEXT.fullmatch(name):
        return "string"
    if decimal := _DECIMAL.fullmatch(name):
        return f"decimal({decimal[1]},{decimal[2]})"
    return _SPELLINGS.get(name, name)


def readable(found: str, promised: str, *, classification: str) -> bool:
    """Whether a column that was found as one type reads as the promised type without loss.

    Args:
        found: Type that the crawler found.
        promised: Type that the contract promises in raw.
        classification: Format that the crawler found: in text formats every value reads as text.

    Example:
        >>> readable("int", "bigint", classification="parquet")
        True
        >>> readable("string", "bigint", classification="parquet")
        False
    """
    found, promised = normal(found), normal(promised)
    if found == promised or found in _NARROWER.get(promised, ()):
        return True
    if promised == "string" and classification in {"csv", "json"}:
        return True
    return _wider_decimal(found, promised)


def _wider_decimal(found: str, promised: str) -> bool:
    small, wide = _DECIMAL.fullmatch(found), _DECIMAL.fullmatch(promised)
    return bool(small and wide and small[2] == wide[2] and int(small[1]) <= int(wide[1]))
