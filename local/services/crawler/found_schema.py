"""What a file says about itself, and how several files' columns become one list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNKNOWN = "UNKNOWN"
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_FLOATS = ("float", "double")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@dataclass(frozen=True, kw_only=True)
class FoundSchema:
    """A file's or a folder's format and columns.

    Args:
        classification: parquet, csv, json, or UNKNOWN for what cannot be read.
        columns: Name and Glue type, in order.
        records: Number of records, as far as it was counted or estimated.
        compression: none, gzip, ...
        delimiter: Of delimited text.
        header: Whether delimited text starts with a header line.
        reason: Why an UNKNOWN file cannot be read.
    """

    classification: str
    columns: tuple[tuple[str, str], ...] = ()
    records: int = 0
    compression: str = "none"
    delimiter: str | None = None
    header: bool = False
    reason: str = ""


def merged(schemas: Iterable[FoundSchema]) -> FoundSchema:
    """One schema for files that belong together; one that cannot be read makes the whole unreadable."""
    found = list(schemas)
    broken = [schema for schema in found if schema.classification == UNKNOWN]
    if broken or not found:
        return FoundSchema(classification=UNKNOWN, reason=broken[0].reason if broken else "no data")
    kinds = [schema.classification for schema in found]
    kind = max(kinds, key=kinds.count)
    first = next(schema for schema in found if schema.classification == kind)
    return FoundSchema(
        classification=kind,
        columns=merged_columns(schema.columns for schema in found if schema.classification == kind),
        records=sum(schema.records for schema in found),
        compression=first.compression,
        delimiter=first.delimiter,
        header=first.header,
    )


def merged_columns(lists: Iterable[Iterable[tuple[str, str]]]) -> tuple[tuple[str, str], ...]:
    """Every column once, in order of appearance, with a type that holds all of its types.

    Example:
        >>> merged_columns([[("a", "int")], [("a", "bigint"), ("b", "string")]])
        (('a', 'bigint'), ('b', 'string'))
    """
    types: dict[str, str] = {}
    for columns in lists:
        for name, kind in columns:
            types[name] = widened(types[name], kind) if name in types else kind
    return tuple(types.items())


def widened(first: str, second: str) -> str:
    """The narrowest type that holds both; string holds everything.

    Example:
        >>> widened("int", "double"), widened("date", "int")
        ('double', 'string')
    """
    if first == second:
        return first
    for ladder in (_INTEGERS, (*_INTEGERS, *_FLOATS)):
        if first in ladder and second in ladder:
            return max(first, second, key=ladder.index)
    if {first, second} == {"date", "timestamp"}:
        return "timestamp"
    one, two = _DECIMAL.fullmatch(first), _DECIMAL.fullmatch(second)
    if one and two:
        scale = max(int(one[2]), int(two[2]))
        digits = max(int(one[1]) - int(one[2]), int(two[1]) - int(two[2]))
        return f"decimal({min(38, digits + scale)},{scale})"
    return "string"
