"""The types in raw's Parquet files, by the names of contracts."""

from __future__ import annotations

import pyarrow as pa

_ARROW = {
    "boolean": pa.bool_(),
    "tinyint": pa.int8(),
    "smallint": pa.int16(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    # Raw is a Hive table, which knows no time zones (`data_platform.contracts.types.hive_type`).
    "timestamp with time zone": pa.string(),
}


def decimal_of(name: str) -> tuple[int, int] | None:
    """Precision and scale in a decimal type's name; None for any other type.

    Example:
        >>> decimal_of("decimal(12,2)"), decimal_of("int")
        ((12, 2), None)
    """
    if not name.startswith("decimal("):
        return None
    precision, scale = name[8:-1].split(",")
    return int(precision), int(scale)


def arrow_type(name: str) -> pa.DataType:
    """The type in raw's Parquet files of a contract's type.

    Raises:
        KeyError: when it is none that raw can hold.

    Example:
        >>> str(arrow_type("decimal(12,2)")), str(arrow_type("timestamp"))
        ('decimal128(12, 2)', 'timestamp[us]')
    """
    decimal = decimal_of(name)
    return pa.decimal128(*decimal) if decimal else _ARROW[name]
