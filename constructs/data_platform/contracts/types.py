"""The types of contracts in the three spellings that AWS wants.

A contract writes Athena's own names (`int`, `string`, `decimal(10,2)`, `timestamp`). Glue's Hive tables, the
Iceberg schema of a CloudFormation template and Trino's CAST each spell some of them otherwise.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data_platform.contracts.model import Column

_ALIASES = {
    "integer": "int",
    "long": "bigint",
    "varchar": "string",
    "char": "string",
    "text": "string",
    "real": "float",
    "timestamptz": "timestamp with time zone",
    "varbinary": "binary",
}
_SIMPLE = frozenset(
    {
        "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "date", "timestamp",
        "timestamp with time zone", "binary",
    }
)  # fmt: skip
# Iceberg has no integers below 32 bits: Athena reads and writes those columns as int.
_ICEBERG = {
    "tinyint": "int",
    "smallint": "int",
    "bigint": "long",
    "timestamp with time zone": "timestamptz",
}
_HIVE = {"timestamp with time zone": "string"}
# Iceberg keeps microseconds; Trino's bare `timestamp` means milliseconds.
_TRINO = {
    "int": "integer",
    "float": "real",
    "string": "varchar",
    "binary": "varbinary",
    "timestamp": "timestamp(6)",
    "timestamp with time zone": "timestamp(6) with time zone",
}
INTEGERS = ("tinyint", "smallint", "int", "bigint")
FLOATS = ("float", "double")
_DECIMAL = re.compile(r"decimal\((\d{1,2}),(\d{1,2})\)")
_MAXIMUM_PRECISION = 38


@cache  # a contract spells a few types, and they are read at every column
def normal(type_name: str) -> str:
    """The one spelling of a type that the rest of the platform uses.

    Raises:
        ValueError: when the type is none that a contract can use; the message says which are.

    Example:
        >>> normal("Decimal(10, 2)"), normal("integer"), normal("varchar(20)")
        ('decimal(10,2)', 'int', 'string')
    """
    name = re.sub(r"\s+", " ", type_name.strip().lower())
    name = re.sub(r"\s*([(),<>:])\s*", r"\1", name)
    name = re.sub(r"^(?:var)?char\(\d+\)$", "string", name)
    name = re.sub(r"^timestamp\(\d\)", "timestamp", name)
    name = {"decimal": "decimal(38,0)"}.get(name, _ALIASES.get(name, name))
    if name in _SIMPLE:
        return name
    decimal = _DECIMAL.fullmatch(name)
    if decimal and 0 < int(decimal[1]) <= _MAXIMUM_PRECISION and int(decimal[2]) <= int(decimal[1]):
        return name
    allowed = ", ".join(sorted(_SIMPLE))
    raise ValueError(f"type {type_name!r} is not one of {allowed}, decimal(precision<=38,scale<=precision)")


@cache
def kind(type_name: str) -> str:
    """The family of a type: integer, float, decimal, string, boolean, date, timestamp, timestamptz or binary.

    Example:
        >>> kind("bigint"), kind("decimal(10,2)"), kind("timestamp")
        ('integer', 'decimal', 'timestamp')
    """
    name = normal(type_name)
    if name in INTEGERS:
        return "integer"
    if name in FLOATS:
        return "float"
    return {"timestamp with time zone": "timestamptz"}.get(name, name.partition("(")[0])


def iceberg_type(type_name: str) -> str:
    """The spelling of CloudFormation's `IcebergInput` schema.

    Example:
        >>> iceberg_type("bigint"), iceberg_type("decimal(10,2)"), iceberg_type("smallint")
        ('long', 'decimal(10,2)', 'int')
    """
    name = normal(type_name)
    return _ICEBERG.get(name, name)


def hive_type(type_name: str) -> str:
    """The spelling of a Glue table over plain files; Hive knows no time zones, such a column arrives as text.

    Example:
        >>> hive_type("integer"), hive_type("timestamptz")
        ('int', 'string')
    """
    name = normal(type_name)
    return _HIVE.get(name, name)


def raw_type(column: Column) -> str:
    """The type of a column in the raw files: text where Athena would not read all of a stream's value.

    Example:
        >>> from data_platform.contracts.model import Column
        >>> at = Column(name="at", logical_type="timestamp", physical_type="timestamp", source_type="timestamp",
        ...             description="When.", text_in_raw=True)
        >>> raw_type(at)
        'string'
    """
    return "string" if column.text_in_raw else column.source_type


def trino_type(type_name: str) -> str:
    """The spelling of a CAST in Athena.

    Example:
        >>> trino_type("string"), trino_type("timestamp"), trino_type("decimal(10,2)")
        ('varchar', 'timestamp(6)', 'decimal(10,2)')
    """
    name = normal(type_name)
    return _TRINO.get(name, name)
