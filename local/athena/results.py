"""What a query answers: rows as text in Athena's spelling, and the files that it leaves in the result location."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from local.athena.column_types import athena_of_arrow
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    import boto3

Row = list[str | None]
_DIGITS = {"boolean": 0, "tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19, "float": 17, "double": 17}
_UNBOUNDED = 2147483647


@dataclass(frozen=True, kw_only=True)
class Column:
    """A result column with the type that Athena reports."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0

    def info(self) -> dict[str, Any]:
        """Its entry in ResultSetMetadata."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type == "varchar",
        }


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a statement produced.

    Args:
        columns: the result's columns.
        rows: its rows as text; None is NULL.
        update_count: rows written, for statements that write.
        layout: `table` results have a header row and a CSV file, `text` ones a plain text file, `none` no file.
    """

    columns: tuple[Column, ...] = ()
    rows: list[Row] = field(default_factory=list)
    update_count: int | None = None
    layout: str = "none"


@dataclass(frozen=True, kw_only=True)
class ResultTarget:
    """Where a query writes its results.

    Args:
        location: s3:// prefix ending in a slash.
        session: the caller's session, with which the files are written.
        options: PutObject arguments: encryption, expected owner, ACL.
    """

    location: str
    session: boto3.Session
    options: dict[str, Any]

    def write(self, name: str, data: bytes, content_type: str) -> None:
        """Puts one file."""
        ObjectStore(self.session, self.options).write(self.location + name, data, content_type)


def table_outcome(table: pa.Table) -> Outcome:
    """The outcome of a query that returns rows."""
    columns = tuple(_column(item) for item in table.schema)
    texts = [_texts(table.column(index)) for index in range(table.num_columns)]
    return Outcome(columns=columns, rows=[list(row) for row in zip(*texts, strict=True)], layout="table")


def text_outcome(name: str, lines: list[str]) -> Outcome:
    """The outcome of SHOW, DESCRIBE and the like: one column of lines."""
    return Outcome(
        columns=(Column(name=name, type="string"),), rows=[[line] for line in lines], layout="text"
    )


def written_outcome(count: int) -> Outcome:
    """The outcome of a statement that wrote rows."""
    return Outcome(columns=(Column(name="rows", type="bigint", precision=19),), update_count=count)


def as_csv(outcome: Outcome) -> bytes:
    """The result file: every value quoted, NULL as nothing."""
    output = io.StringIO()
    header = csv.writer(output, quoting=csv.QUOTE_ALL, lineterminator="\n")
    header.writerow([column.name for column in outcome.columns])
    for row in outcome.rows:
        output.write(",".join("" if v is None else '"' + v.replace('"', '""') + '"' for v in row) + "\n")
    return output.getvalue().encode()


def as_text(outcome: Outcome) -> bytes:
    """The result file of a utility statement: one line a row."""
    return "".join("\t".join(value or "" for value in row) + "\n" for row in outcome.rows).encode()


def _column(item: pa.Field) -> Column:
    kind = athena_of_arrow(item.type)
    if kind == "decimal":
        return Column(name=item.name, type=kind, precision=item.type.precision, scale=item.type.scale)
    default = _UNBOUNDED if kind in {"varchar", "varbinary"} else 3 if kind.startswith("timestamp") else 0
    return Column(name=item.name, type=kind, precision=_DIGITS.get(kind, default))


def _texts(column: pa.ChunkedArray) -> Row:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return list(column.to_pylist())
    if pa.types.is_integer(kind):
        return [None if value is None else str(value) for value in column.to_pylist()]
    return [None if value is None else text_of(value, kind) for value in column.to_pylist()]


def text_of(value: Any, kind: pa.DataType) -> str:
    """One value as Athena prints it.

    Example:
        >>> text_of(1e7, pa.float64()), text_of([1, None], pa.list_(pa.int32())), text_of(True, pa.bool_())
        ('1.0E7', '[1, null]', 'true')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, dt.datetime):
        return _moment(value, kind)
    if isinstance(value, dt.time):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, bytes):
        return " ".join(f"{byte:02x}" for byte in value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if pa.types.is_nested(kind):
        return _nested(value, kind)
    if pa.types.is_interval(kind):
        return _interval(value)
    return str(value)


def _nested(value: Any, kind: pa.DataType) -> str:
    if pa.types.is_map(kind):
        pairs = value.items() if isinstance(value, dict) else value
        return (
            "{"
            + ", ".join(f"{text_of(k, kind.key_type)}={text_of(v, kind.item_type)}" for k, v in pairs)
            + "}"
        )
    if pa.types.is_struct(kind):
        return (
            "{"
            + ", ".join(
                f"{_field_name(item.name, i)}={text_of(value[item.name], item.type)}"
                for i, item in enumerate(kind)
            )
            + "}"
        )
    return "[" + ", ".join(text_of(item, kind.value_type) for item in value) + "]"


def _field_name(name: str, index: int) -> str:
    """Fields of a row that nobody named are field0, field1 ...; DuckDB calls them otherwise."""
    return f"field{index}" if re.fullmatch(r"_\d+|element\d+|", name) else name


def _java_double(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return "NaN"
    if value in {float("inf"), float("-inf")}:
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:  # noqa: PLR2004 - Java's limits for plain notation
        return format(decimal.Decimal(repr(value)), "f") if "e" in repr(value) else repr(value)
    digits, _, exponent = f"{decimal.Decimal(repr(value)).normalize():E}".partition("E")
    return f"{digits if '.' in digits else digits + '.0'}E{int(exponent)}"


def _moment(value: dt.datetime, kind: pa.DataType) -> str:
    precise = pa.types.is_timestamp(kind) and kind.unit in {"us", "ns"} and not kind.tz
    text = value.replace(tzinfo=None).isoformat(
        sep=" ", timespec="microseconds" if precise else "milliseconds"
    )
    if value.tzinfo is not None and value.microsecond % 1000:
        text = value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return f"{text} UTC" if value.tzinfo is not None else text


def _interval(value: Any) -> str:
    days, rest = value.days, value.nanoseconds // 1_000_000
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{days} {hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def metadata(outcome: Outcome) -> bytes:
    """The `.metadata` file next to a result: names and types, a column a line."""
    return "".join(f"{column.name}\t{column.type}\n" for column in outcome.columns).encode()
