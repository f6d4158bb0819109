"""Columns of JSON lines and of delimited text, from the first part of a file."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

from local.services.crawler.found_schema import FoundSchema, merged_columns

_DELIMITERS = ",\t|;"
_INTEGER, _NUMBER = re.compile(r"[+-]?\d{1,18}"), re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+)([eE][+-]?\d+)?")
_MIN_COLUMNS = 2


def read(text: str, *, whole: bool, size: int, compression: str = "none") -> FoundSchema:
    """The columns of a text file.

    Args:
        text: Its first part.
        whole: Whether that is all of it; else the last, cut line is left out.
        size: The file's length in bytes, from which the number of records is estimated.
        compression: How the file is compressed.

    Raises:
        ValueError: when it is neither JSON nor delimited text; the message says why.
    """
    lines = text.splitlines()
    if not whole and len(lines) > 1:
        lines = lines[:-1]
    lines = [line for line in lines if line.strip()]
    if not lines or "\x00" in text:
        raise ValueError("it is neither Parquet nor text")
    found = _json(lines) if lines[0].lstrip().startswith(("{", "[")) else _delimited(lines)
    read_bytes = sum(len(line.encode()) + 1 for line in lines)
    records = found.records if whole else round(found.records * size / read_bytes)
    return FoundSchema(
        classification=found.classification,
        columns=found.columns,
        records=records,
        compression=compression,
        delimiter=found.delimiter,
        header=found.header,
    )


def _json(lines: list[str]) -> FoundSchema:
    try:
        records = [json.loads(line) for line in lines]
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno} is no JSON: {error.msg}") from error
    if len(records) == 1 and isinstance(records[0], list):
        records = records[0]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("its JSON lines are not objects")
    columns = merged_columns(
        [(name.lower(), json_type(value)) for name, value in record.items() if value is not None]
        for record in records
    )
    return FoundSchema(classification="json", columns=columns, records=len(records))


def json_type(value: Any) -> str:
    """The Glue type of a JSON value.

    Example:
        >>> json_type({"a": 1}), json_type([True]), json_type(1.5)
        ('struct<a:int>', 'array<boolean>', 'double')
    """
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int" if abs(value) < 2**31 else "bigint"
    if isinstance(value, float):
        return "double"
    if isinstance(value, list):
        return f"array<{json_type(value[0]) if value else 'string'}>"
    if isinstance(value, dict):
        return f"struct<{','.join(f'{name.lower()}:{json_type(inner)}' for name, inner in value.items())}>"
    return "string"


def _delimited(lines: list[str]) -> FoundSchema:
    delimiter = max(_DELIMITERS, key=lines[0].count)
    rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter))
    width = len(rows[0])
    if width < _MIN_COLUMNS:
        raise ValueError("its lines have no delimiter")
    if any(len(row) != width for row in rows):
        raise ValueError(f"its lines do not all have the {width} fields of the first")
    header = _is_header(rows)
    body = rows[1:] if header else rows
    names = [name.strip().lower() for name in rows[0]] if header else [f"col{n}" for n in range(width)]
    types = [text_type([row[n] for row in body]) for n in range(width)]
    return FoundSchema(
        classification="csv",
        columns=tuple(zip(names, types, strict=True)),
        records=len(body),
        delimiter=delimiter,
        header=header,
    )


def _is_header(rows: list[list[str]]) -> bool:
    """A first line of distinct words; below it something else than words, or nothing to compare with."""
    first = rows[0]
    words = all(name.strip() and text_type([name]) == "string" for name in first)
    return words and len(set(first)) == len(first)


def text_type(values: list[str]) -> str:
    """The Glue type that holds every value; empty ones say nothing.

    Example:
        >>> text_type(["1", ""]), text_type(["1", "2.5"]), text_type(["2013-01-01"]), text_type(["x", "1"])
        ('bigint', 'double', 'string', 'string')
    """
    told = [value.strip() for value in values if value.strip()]
    if not told:
        return "string"
    if all(_INTEGER.fullmatch(value) for value in told):
        return "bigint"
    if all(_NUMBER.fullmatch(value) for value in told):
        return "double"
    if all(value.lower() in {"true", "false"} for value in told):
        return "boolean"
    return "string"
