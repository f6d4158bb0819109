"""Log files: CloudTrail's documents of many records, and lines that a regular expression takes apart."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from local.athena.errors import AthenaError
from local.athena.sources import text_files

if TYPE_CHECKING:
    from local.athena.catalog import Entry

_CLOUDTRAIL = "com.amazon.emr.cloudtrail.cloudtrailinputformat"


def is_cloudtrail(entry: Entry) -> bool:
    """Whether a table's input format takes CloudTrail's documents apart.

    Example:
        >>> is_cloudtrail({"StorageDescriptor": {"InputFormat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat"}})
        True
    """
    return str((entry.get("StorageDescriptor") or {}).get("InputFormat", "")).lower() == _CLOUDTRAIL


def records_as_lines(data: bytes) -> bytes:
    r"""A CloudTrail document as one JSON object a line.

    Example:
        >>> records_as_lines(b'{"Records":[{"a":1},{"a":2}]}')
        b'{"a":1}\n{"a":2}'
    """
    records = json.loads(data).get("Records") or []
    return b"\n".join(json.dumps(record, separators=(",", ":")).encode() for record in records)


def regex_of(entry: Entry) -> re.Pattern[str]:
    """The expression of a table with the regular-expression SerDe.

    Raises:
        AthenaError: the table has none, or Python's dialect does not read it.
    """
    serde = (entry.get("StorageDescriptor") or {}).get("SerdeInfo") or {}
    text = (serde.get("Parameters") or {}).get("input.regex")
    try:
        return re.compile(str(text or "("))
    except re.error as error:
        raise AthenaError(
            "HIVE_INVALID_METADATA", f"input.regex {text!r} is no expression: {error}"
        ) from error


def by_regex(data: bytes, pattern: re.Pattern[str], wanted: pa.Schema, whole: pa.Schema) -> pa.Table:
    """Lines as rows: the groups are the table's columns in order; a line that does not match is all NULL."""
    position = {name: index for index, name in enumerate(whole.names)}
    found = [pattern.fullmatch(line) for line in data.decode("utf-8", "replace").splitlines() if line]
    rows = [match.groups() if match else () for match in found]
    columns = []
    for field in wanted:
        index = position[field.name]
        texts = [row[index] if index < len(row) else None for row in rows]
        columns.append(text_files.from_values(texts, field))
    if not columns:
        return pa.table({text_files.ROWS: pa.nulls(len(rows))})
    return pa.table(columns, schema=wanted)
