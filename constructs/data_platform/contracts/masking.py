"""How a masked value looks, whatever computes it: Athena, Redshift, or the landing job.

NULL stays NULL with every method, and the same value gives the same result always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.types import kind, normal

if TYPE_CHECKING:
    from data_platform.contracts.model import Column, Dataset

REDACTED = "[redacted]"
LAST = 4  # characters that last4 keeps; a text of as many or fewer is masked whole
_KEEPS_TYPE = ("null", "truncate-date")
# What both engines write as the same text. A fraction's digits and a timestamp's are each engine's own choice.
_HASHED = ("string", "integer", "decimal", "boolean", "date")
_FITTING = {
    "tokenize": ("string",),
    "hash": _HASHED,
    "redact": (*_HASHED, "float", "timestamp"),
    "last4": ("string",),
    "truncate-date": ("date", "timestamp"),
    "null": (*_HASHED, "float", "timestamp"),
}


def fitting_kinds(method: str, when: str) -> tuple[str, ...]:
    """The kinds of type that a method masks. At landing the column itself changes and keeps its type.

    Example:
        >>> fitting_kinds("hash", "query"), fitting_kinds("hash", "landing"), fitting_kinds("tokenize", "query")
        (('string', 'integer', 'decimal', 'boolean', 'date'), ('string',), ())
    """
    if when == "query" and method == "tokenize":
        return ()
    if when == "landing" and method not in _KEEPS_TYPE:
        return ("string",)
    return _FITTING[method]


def tokenised_columns(dataset: Dataset) -> tuple[Column, ...]:
    """The columns that hold tokens, from raw on."""
    return tuple(c for c in dataset.columns if c.masking is not None and c.masking.method == "tokenize")


def masked_columns(dataset: Dataset) -> tuple[Column, ...]:
    """The columns that have a masked sibling in curated."""
    return tuple(column for column in dataset.columns if column.masked_name)


def masked_type(column: Column) -> str:
    """The type of the masked sibling: the column's own where the method gives a value of it, else text.

    Raises:
        ValueError: when the column is not masked.
    """
    if column.masking is None:
        raise ValueError(f"{column.name} is not masked")
    return normal(column.physical_type) if column.masking.method in _KEEPS_TYPE else "string"


def hash_salt(domain: str, column: Column) -> str:
    """Stands before a value that is hashed: equal values of one column name join within a domain, not beyond it."""
    return f"{domain}.{column.name}:"


def truncates_to(column: Column) -> str:
    """The type that truncate-date gives, as SQL spells it.

    Example:
        >>> from data_platform.contracts.model import Column
        >>> truncates_to(Column(name="born", logical_type="date", physical_type="date", source_type="date",
        ...                     description=""))
        'date'
    """
    return "date" if kind(column.physical_type) == "date" else "timestamp(6)"
