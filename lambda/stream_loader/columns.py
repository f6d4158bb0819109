"""From what a writer wrote to the contract's raw types, by column; a value that does not fit is poison alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs.raw.arrow_types import arrow_type, decimal_of
from stream_loader import exact
from stream_loader.exact import arrow
from stream_loader.poison import Poison

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream_loader.plan import Column
    from stream_loader.writer_types import WriterType

    Convert = Callable[[Sequence[Any]], pa.Array]

UNAVAILABLE = "__debezium_unavailable_value"
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_REFUSED = (pa.ArrowException, ValueError, TypeError, OverflowError, ArithmeticError, KeyError)


def converter(column: Column, writer: WriterType | None) -> Convert:
    """Makes Arrow columns of a column's decoded values.

    Args:
        column: The contract's column.
        writer: What was written; None when no column can hold it.

    Raises:
        Poison: `SchemaMismatch` when values of that type are none of the column's.
    """
    made = _converter(column.type, writer) if writer else None
    if made is None:
        written = writer.written if writer else "a nested type or a union"
        raise Poison(
            "SchemaMismatch",
            f"the writer's schema says {written} where the contract says {column.type}; change the contract, or the "
            "source back",
            column.name,
        )
    return made


def convert(values: Sequence[Any], how: Convert, column: Column) -> tuple[pa.Array, dict[int, Poison]]:
    """The column, and what is wrong with single values, which are NULL in it."""
    try:
        return how(values), {}
    except _REFUSED:
        values = values.to_pylist() if isinstance(values, pa.Array) else values
        bad = dict.fromkeys(_bad(values, how, 0), _does_not_fit(column))
    return how([None if place in bad else value for place, value in enumerate(values)]), bad


def _bad(values: Sequence[Any], how: Convert, start: int) -> list[int]:
    """The places of values that do not convert, by halves."""
    try:
        how(values)
    except _REFUSED:
        if len(values) == 1:
            return [start]
        half = len(values) // 2
        return [*_bad(values[:half], how, start), *_bad(values[half:], how, start + half)]
    return []


def _does_not_fit(column: Column) -> Poison:
    return Poison(
        "UndecodableValue", f"the value is not exactly a {column.type}; mend it in the source", column.name
    )


def _converter(target: str, writer: WriterType) -> Convert | None:
    """The conversion between two types, if there is an exact one."""
    if decimal_of(target):
        return _decimal(arrow_type(target), writer)
    made = _MAKERS.get((writer.kind, target))
    return made(writer) if made else None


def _typed(kind: pa.DataType) -> Callable[[WriterType], Convert]:
    return lambda _: lambda values: arrow(values, kind)


def _integer(kind: pa.DataType) -> Callable[[WriterType], Convert]:
    return lambda _: lambda values: arrow(values, pa.int64()).cast(kind)


def _decimal(kind: pa.DataType, writer: WriterType) -> Convert | None:
    if writer.kind == "decimal":
        return lambda values: exact.decimals(values, writer.scale, kind)
    if writer.kind == "variable-decimal":
        return lambda values: exact.variable_decimals(values, kind)
    if writer.kind == "decimal-text":
        return lambda values: exact.decimals_of_text(values, kind)
    if writer.kind == "integer":
        # A decimal must have room for any integer before its digits are counted.
        wide = pa.decimal128(38, kind.scale)
        return lambda values: arrow(values, pa.int64()).cast(wide).cast(kind)
    return None


def _decimal_as_integer(kind: pa.DataType) -> Callable[[WriterType], Convert]:
    return lambda writer: lambda values: exact.decimals(values, writer.scale, pa.decimal128(38, 0)).cast(kind)


def _decimal_text(writer: WriterType) -> Convert:
    wide = pa.decimal128(38, writer.scale)
    return lambda values: exact.decimals(values, writer.scale, wide).cast(pa.string())


def _text_of(convert: Callable[[WriterType], Convert]) -> Callable[[WriterType], Convert]:
    return lambda writer: lambda values: convert(writer)(values).cast(pa.string())


def _timestamp(writer: WriterType) -> Convert:
    return lambda values: exact.timestamps(values, writer.unit)


def _time(writer: WriterType) -> Convert:
    return lambda values: exact.times(values, writer.unit)


def _date(_: WriterType) -> Convert:
    return exact.dates


# By what was written and what the contract says.
_MAKERS: dict[tuple[str, str], Callable[[WriterType], Convert]] = {
    **{("integer", name): _integer(arrow_type(name)) for name in (*_INTEGERS, "float", "double")},
    **{("decimal", name): _decimal_as_integer(arrow_type(name)) for name in _INTEGERS},
    ("float", "float"): _typed(pa.float32()),
    ("float", "double"): _typed(pa.float64()),
    ("double", "double"): _typed(pa.float64()),
    ("boolean", "boolean"): _typed(pa.bool_()),
    ("binary", "binary"): _typed(pa.binary()),
    ("date", "date"): _date,
    ("timestamp", "timestamp"): _timestamp,
    ("zoned", "timestamp"): lambda _: exact.zoned,
    ("zoned", "timestamp with time zone"): _typed(pa.string()),
    ("string", "string"): _typed(pa.string()),
    ("zoned", "string"): _typed(pa.string()),
    ("time", "string"): _time,
    ("integer", "string"): _text_of(_integer(pa.int64())),
    ("boolean", "string"): _text_of(_typed(pa.bool_())),
    ("date", "string"): _text_of(_date),
    ("timestamp", "string"): _text_of(_timestamp),
    ("decimal", "string"): _decimal_text,
}
