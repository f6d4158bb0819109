"""The column types that a contract may use, and what may be done with them."""

from __future__ import annotations

import re

from data_platform.contracts.errors import did_you_mean

# Types that Parquet, Glue, Athena and Iceberg agree on. Nested types are flattened by the contract's author.
PLAIN_TYPES = ("boolean", "int", "bigint", "float", "double", "date", "timestamp", "string")
DECIMAL = re.compile(r"decimal\((\d{1,2}),\s?(\d{1,2})\)")
_DECIMAL_DIGITS = 38
# Athena's CSV results, the checks and the masks of contracts know text and numbers, and no bytes.
_BYTES = ("binary", "varbinary", "bytea", "blob")
ALLOWED_TYPES = ", ".join((*PLAIN_TYPES, "decimal(P,S)"))

_PHYSICAL = {
    "string": ("string",),
    "integer": ("int", "bigint"),
    "number": ("float", "double", "decimal"),
    "boolean": ("boolean",),
    "date": ("date",),
    "timestamp": ("timestamp",),
}
# What Iceberg can partition by; identity on a fraction makes a partition a value.
_TRANSFORMS = {
    "identity": ("boolean", "int", "bigint", "decimal", "date", "timestamp", "string"),
    "year": ("date", "timestamp"),
    "month": ("date", "timestamp"),
    "day": ("date", "timestamp"),
    "hour": ("timestamp",),
    "bucket": ("int", "bigint", "decimal", "date", "timestamp", "string"),
    "truncate": ("int", "bigint", "decimal", "string"),
}


def is_type(name: str) -> bool:
    """Whether a physical or source type is one that the platform loads.

    Example:
        >>> is_type("decimal(10,2)"), is_type("varchar(2)"), is_type("decimal(2,10)")
        (True, False, False)
    """
    decimal = DECIMAL.fullmatch(name)
    if decimal:
        digits, scale = int(decimal[1]), int(decimal[2])
        return 1 <= digits <= _DECIMAL_DIGITS and scale <= digits
    return name in PLAIN_TYPES


def type_mend(name: str) -> str:
    """What to write instead of a name that is no column type; empty where that is not known.

    Example:
        >>> type_mend("bytea")
        'write string: bytes are kept as hexadecimal digits'
        >>> type_mend("bigin")
        "did you mean 'bigint'?"
    """
    if name in _BYTES:
        return "write string: bytes are kept as hexadecimal digits"
    return did_you_mean(name, PLAIN_TYPES)


def family(name: str) -> str:
    """The type without its parameters: `decimal` for `decimal(10,2)`."""
    return name.partition("(")[0]


def physical_families(logical_type: str) -> tuple[str, ...]:
    """The physical types that may hold a logical type."""
    return _PHYSICAL[logical_type]


def transform_families(transform: str) -> tuple[str, ...]:
    """The types that a partition transform such as `month` or `bucket[16]` fits."""
    return _TRANSFORMS[transform.partition("[")[0]]
