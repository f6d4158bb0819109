"""Which values Trino writes into a column of another type without being asked; DuckDB and Arrow would take more."""

from __future__ import annotations

import pyarrow as pa

from local.athena.column_types import hive_of_arrow, trino_of_hive
from local.athena.errors import AthenaError

_WIDTHS = ("tinyint", "smallint", "int", "bigint")


def require_coercible(found: pa.DataType, wanted: pa.DataType, column: str) -> None:
    """Refuses a value that Trino would want cast first.

    Doubles into decimals pass: DuckDB divides decimals to doubles where Trino keeps decimals.

    Raises:
        AthenaError: TYPE_MISMATCH with both types, as Trino puts it.

    Example:
        >>> require_coercible(pa.int32(), pa.int64(), "a")
        >>> require_coercible(pa.string(), pa.date32(), "a")
        Traceback (most recent call last):
        ...
        local.athena.errors.AthenaError: TYPE_MISMATCH: Insert query has mismatched column types: column a: \
Table: [date], Query: [varchar]
    """
    same = (
        found == wanted
        or pa.types.is_null(found)
        or (pa.types.is_nested(found) and pa.types.is_nested(wanted))
    )
    accepted = _family(found) in _ACCEPTED.get(_family(wanted), ())
    if same or (accepted and not _narrows(found, wanted)):
        return
    raise AthenaError(
        "TYPE_MISMATCH",
        f"Insert query has mismatched column types: column {column}: "
        f"Table: [{trino_of_hive(hive_of_arrow(wanted))}], Query: [{trino_of_hive(hive_of_arrow(found))}]",
    )


_ACCEPTED = {
    "integer": ("integer",),
    "float": ("integer", "decimal", "float"),
    "decimal": ("integer", "decimal", "float"),
    "string": ("string",),
    "binary": ("binary",),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": ("date", "timestamp", "instant"),
    "instant": ("date", "timestamp", "instant"),
}


def _family(kind: pa.DataType) -> str:
    if pa.types.is_timestamp(kind):
        return "instant" if kind.tz else "timestamp"
    tests = {
        "integer": pa.types.is_integer,
        "float": pa.types.is_floating,
        "decimal": pa.types.is_decimal,
        "boolean": pa.types.is_boolean,
        "date": pa.types.is_date,
        "string": lambda k: pa.types.is_string(k) or pa.types.is_large_string(k),
        "binary": lambda k: (
            pa.types.is_binary(k) or pa.types.is_large_binary(k) or pa.types.is_fixed_size_binary(k)
        ),
    }
    return next((name for name, test in tests.items() if test(kind)), "other")


def _narrows(found: pa.DataType, wanted: pa.DataType) -> bool:
    if not (pa.types.is_integer(found) and pa.types.is_integer(wanted)):
        return False
    return _WIDTHS.index(hive_of_arrow(found)) > _WIDTHS.index(hive_of_arrow(wanted))
