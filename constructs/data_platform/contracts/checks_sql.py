"""A row-level check as a condition that is true for an offending row.

The conditions read a relation made by `typed_rows`: every column in its physical type, and beside each
column that was cast its raw value as `_raw_<column>`. How the awkward cases are meant, once for all checks:

- NULL passes every check but `null`: whether a value may be missing is that check's business alone.
- A value that cannot be cast is NULL to every check but `type`, and it is not missing to `null`.
- A pattern must match the whole value, whether or not it is written with ^ and $.
- NaN lies outside any range.
- A row of an empty or missing key is no duplicate, and refers to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.casts import can_fail, cast_sql, present_sql
from data_platform.contracts.model import CheckKind
from data_platform.contracts.sql_text import literal, quoted, text
from data_platform.contracts.types import hive_type, kind, normal, raw_type

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from data_platform.contracts.model import Check, Column, Dataset

_BOUNDS = (
    ("minimum", "<"),
    ("exclusive_minimum", "<="),
    ("maximum", ">"),
    ("exclusive_maximum", ">="),
)


def is_cast(column: Column) -> bool:
    """Whether raw and typed value differ, so that both are needed."""
    return hive_type(raw_type(column)) != normal(column.physical_type)


def raw_name(column: Column) -> str:
    """The name of the column's raw value in the typed relation."""
    return f"_raw_{column.name}" if is_cast(column) else column.name


def typed_value(column: Column, *, prefix: str = "") -> str:
    """The physical value of a column, computed from its raw value."""
    raw = prefix + quoted(column.name)
    present = present_sql(raw, raw_type(column), column.physical_type)
    return cast_sql(present, raw_type(column), column.physical_type)


def typed_rows(dataset: Dataset, source: str, *, only: Collection[str] = (), extra: str = "") -> str:
    """A SELECT of typed values, with the raw ones beside them, from a relation and its WHERE.

    `only` names the columns that are needed; none means all.
    """
    parts = []
    for column in dataset.columns:
        if only and column.name not in only:
            continue
        name = quoted(column.name)
        if is_cast(column):
            parts += [f"{typed_value(column)} AS {name}", f"{name} AS {quoted(raw_name(column))}"]
        else:
            parts.append(name)
    return f"SELECT {', '.join(parts)}{extra} FROM {source}"


def offends(check: Check, dataset: Dataset) -> str:
    """The condition under which one row breaks a check (type, null, accepted, range, pattern or length).

    Raises:
        KeyError: when the check is of another kind, or names a column that the dataset lacks.
        ValueError: when a value of the check does not fit the column's type.
    """
    return " OR ".join(_CONDITIONS[check.kind](check, dataset.column(name)) for name in check.columns)


def _type(_: Check, column: Column) -> str:
    if not can_fail(column.source_type, column.physical_type):
        return "false"
    return f"({_present(column)} IS NOT NULL AND {quoted(column.name)} IS NULL)"


def _null(_: Check, column: Column) -> str:
    return f"{_present(column)} IS NULL"


def _accepted(check: Check, column: Column) -> str:
    values = check.parameters["values"]
    if not isinstance(values, tuple | list) or not values:
        raise ValueError(f"check {check.id}: `values` must list at least one value")
    return f"{quoted(column.name)} NOT IN ({', '.join(literal(v, column.physical_type) for v in values)})"


def _range(check: Check, column: Column) -> str:
    name = quoted(column.name)
    parts = [
        f"{name} {operator} {literal(check.parameters[bound], column.physical_type)}"
        for bound, operator in _BOUNDS
        if check.parameters.get(bound) is not None
    ]
    if kind(column.physical_type) == "float":
        parts.append(f"is_nan({name})")
    return "(" + " OR ".join(parts or ["false"]) + ")"


def _pattern(check: Check, column: Column) -> str:
    # \A and \z, since $ also matches before a line break at the end.
    whole = text(rf"\A(?:{check.parameters['regex']})\z")
    return f"NOT regexp_like({_as_text(column)}, {whole})"


def _length(check: Check, column: Column) -> str:
    length = f"length({_as_text(column)})"
    bounds = (("minimum", "<"), ("maximum", ">"))
    parts = [
        f"{length} {operator} {int(str(check.parameters[bound]))}"
        for bound, operator in bounds
        if check.parameters.get(bound) is not None
    ]
    return "(" + " OR ".join(parts or ["false"]) + ")"


def _present(column: Column) -> str:
    return present_sql(quoted(raw_name(column)), raw_type(column), column.physical_type)


def _as_text(column: Column) -> str:
    name = quoted(column.name)
    return name if kind(column.physical_type) == "string" else f"CAST({name} AS varchar)"


_CONDITIONS: dict[CheckKind, Callable[[Check, Column], str]] = {
    CheckKind.TYPE: _type,
    CheckKind.NULL: _null,
    CheckKind.ACCEPTED: _accepted,
    CheckKind.RANGE: _range,
    CheckKind.PATTERN: _pattern,
    CheckKind.LENGTH: _length,
}
