"""A column's masked value as Athena computes it when curated is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.masking import LAST, REDACTED, hash_salt, masked_type, truncates_to
from data_platform.contracts.sql_text import quoted, text
from data_platform.contracts.types import kind, trino_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.model import Column, Dataset


def masked_sql(dataset: Dataset, column: Column) -> str:
    """The expression of the masked value over the column of that name; NULL stays NULL.

    Raises:
        ValueError: when the column is not masked, or is tokenised, which needs a key that stands in no SQL.
    """
    if column.masking is None or column.masking.method not in _METHODS:
        method = column.masking.method if column.masking else "no masking"
        raise ValueError(
            f"{dataset.path}: {column.name} has {method}; a query can mask by {', '.join(_METHODS)}"
        )
    return _METHODS[column.masking.method](dataset, column)


def _as_text(column: Column) -> str:
    name = quoted(column.name)
    return name if kind(column.physical_type) == "string" else f"CAST({name} AS varchar)"


def _hash(dataset: Dataset, column: Column) -> str:
    salted = f"{text(hash_salt(dataset.domain, column))} || {_as_text(column)}"
    return f"lower(to_hex(sha256(to_utf8({salted}))))"


def _redact(_: Dataset, column: Column) -> str:
    return f"CASE WHEN {quoted(column.name)} IS NOT NULL THEN {text(REDACTED)} END"


def _last4(_: Dataset, column: Column) -> str:
    value = quoted(column.name)
    length = f"CAST(length({value}) AS integer)"
    kept = f"lpad(substr({value}, -{LAST}), {length}, '*')"
    return f"CASE WHEN length({value}) > {LAST} THEN {kept} ELSE rpad('', {length}, '*') END"


def _truncate_date(_: Dataset, column: Column) -> str:
    return f"CAST(date_trunc('year', {quoted(column.name)}) AS {truncates_to(column)})"


def _null(_: Dataset, column: Column) -> str:
    return f"CAST(NULL AS {trino_type(masked_type(column))})"


_METHODS: dict[str, Callable[[Dataset, Column], str]] = {
    "hash": _hash,
    "redact": _redact,
    "last4": _last4,
    "truncate-date": _truncate_date,
    "null": _null,
}
