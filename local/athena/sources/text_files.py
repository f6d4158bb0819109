"""Delimited text as Hive's SerDes read it: a value that does not parse is NULL, not an error."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from local.athena.catalog import Entry

# An Arrow table without columns forgets how many rows it has; this column remembers it.
ROWS = "athena_rows"
_TRUE, _FALSE = frozenset({"true", "t", "1"}), frozenset({"false", "f", "0"})


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How lines split into fields; `quote` None means that quotes are ordinary characters."""

    separator: str
    quote: str | None
    null: str
    skipped_lines: int


def layout_of(entry: Entry, *, quoted: bool) -> Layout:
    """The layout that a table's SerDe parameters and properties describe."""
    serde = (entry["StorageDescriptor"].get("SerdeInfo") or {}).get("Parameters") or {}
    parameters = entry.get("Parameters") or {}
    separator = serde.get("separatorChar") or serde.get("field.delim") or parameters.get("delimiter")
    default = "," if quoted else "\x01"
    return Layout(
        separator=(separator or default).encode().decode("unicode_escape"),
        quote=(serde.get("quoteChar") or '"') if quoted else None,
        null=serde.get("serialization.null.format", "\\N"),
        skipped_lines=int(
            parameters.get("skip.header.line.count", serde.get("skip.header.line.count", 0)) or 0
        ),
    )


def delimited(data: bytes, layout: Layout, wanted: pa.Schema, whole: pa.Schema) -> pa.Table:
    r"""The wanted columns of a delimited file.

    Example:
        >>> layout = Layout(separator=",", quote=None, null="", skipped_lines=1)
        >>> schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
        >>> delimited(b"a,b\n1,x\nz,y\n", layout, schema, schema).to_pylist()
        [{'a': 1, 'b': 'x'}, {'a': None, 'b': 'y'}]
    """
    text = io.StringIO(data.decode("utf-8", errors="replace"), newline="")
    if layout.quote is None:
        rows = [line.rstrip("\r\n").split(layout.separator) for line in text if line.strip("\r\n")]
    else:
        rows = [row for row in csv.reader(text, delimiter=layout.separator, quotechar=layout.quote) if row]
    rows = rows[layout.skipped_lines :]
    position = {name: index for index, name in enumerate(whole.names)}
    columns = []
    for field in wanted:
        index = position[field.name]
        texts = [row[index] if index < len(row) and row[index] != layout.null else None for row in rows]
        columns.append(from_values(texts, field))
    return pa.table(columns, schema=wanted) if columns else pa.table({ROWS: pa.nulls(len(rows))})


def from_values(values: list[Any], field: pa.Field) -> pa.Array:
    """Loose values (texts, or what JSON holds) as a column; NULL where one does not fit the type."""
    return pa.array([_converted(value, field.type) for value in values], field.type)


def _converted(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    try:
        return _strict(value, kind)
    except (ValueError, TypeError, decimal.InvalidOperation, AttributeError):
        return None


def _strict(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else _text(value)
    if pa.types.is_boolean(kind):
        text = str(value).strip().lower()
        return True if text in _TRUE else False if text in _FALSE else None
    if pa.types.is_integer(kind):
        return int(str(value).strip())
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_decimal(kind):
        return decimal.Decimal(str(value)).quantize(decimal.Decimal(1).scaleb(-kind.scale))
    if pa.types.is_date(kind):
        return dt.date.fromisoformat(str(value).strip()[:10])
    if pa.types.is_timestamp(kind):
        return dt.datetime.fromisoformat(str(value).strip()).replace(tzinfo=None)
    if pa.types.is_binary(kind):
        return str(value).encode()
    return _nested(value, kind)


def _nested(value: Any, kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [_converted(item, kind.value_type) for item in value]
    if pa.types.is_map(kind):
        return [(key, _converted(item, kind.item_type)) for key, item in value.items()]
    lower = {str(key).lower(): item for key, item in value.items()}
    return {field.name: _converted(lower.get(field.name), field.type) for field in kind}


def _text(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":"))
