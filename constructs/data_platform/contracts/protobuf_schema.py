"""The Protobuf 3 schemas of a dataset's stream: a message of all columns for the value, one of the key columns.

Types are those in which rows arrive (`sourceType`, else `physicalType`). What Protobuf has no exact type for is
written so that it comes back exactly: a decimal as text with all its digits, a date as days and a timestamp as
microseconds since 1970. A field's number is the column's `fieldNumber`; the numbers of columns that are gone stay
reserved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.enumerations import symbols
from data_platform.contracts.types import kind, normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Column, Dataset

# Text, and what the text or number of it means where the type does not say it.
_TYPES = {
    "boolean": ("bool", ""),
    "int": ("int32", ""),
    "bigint": ("int64", ""),
    "float": ("float", ""),
    "double": ("double", ""),
    "string": ("string", ""),
    "date": ("int32", "Days since 1970-01-01."),
}
_ZERO = "VALUE_UNSPECIFIED"
# What begins a statement within an enumeration, where a value of that name cannot.
_STATEMENTS = {"option", "reserved"}
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")


def protobuf_schema(dataset: Dataset) -> str:
    """The text of a `.proto` file with the message of a record's value: one row.

    A column that may be empty is `optional`, a required one is not. Without field numbers (which lint asks of every
    Protobuf stream) a column's number is its place in the contract.

    Args:
        dataset: The contract.

    Raises:
        ValueError: when some columns have a field number and some have none, or a type that no contract can have.
    """
    return _file(dataset, _pascal(dataset.name), dataset.description, dataset.columns)


def protobuf_key_schema(dataset: Dataset) -> str:
    """The text of a `.proto` file with the message of a record's key, under the numbers that the value has.

    Args:
        dataset: The contract.

    Raises:
        ValueError: when the dataset has no stream, or as `protobuf_schema` does.
    """
    if dataset.stream is None:
        raise ValueError(f"{dataset.domain}.{dataset.name} has no stream, so its records have no key")
    key = [dataset.column(name) for name in dataset.stream.key]
    doc = f"Tells which records of {dataset.name} follow each other."
    return _file(dataset, f"{_pascal(dataset.name)}Key", doc, key)


def field_numbers(dataset: Dataset) -> dict[str, int]:
    """The number of each column in the message.

    Raises:
        ValueError: when some columns have a number and some have none.
    """
    written = {column.name: column.field_number for column in dataset.columns}
    numbers = {name: number for name, number in written.items() if number is not None}
    if not numbers:
        return {name: place for place, name in enumerate(written, 1)}
    missing = [name for name in written if name not in numbers]
    if missing:
        raise ValueError(f"{dataset.domain}.{dataset.name}: {', '.join(missing)} have no fieldNumber")
    return numbers


def _file(dataset: Dataset, message: str, doc: str, columns: Sequence[Column]) -> str:
    major = dataset.version.partition(".")[0]
    head = ['syntax = "proto3";', "", f"package {dataset.domain}.v{major};", "", f"// {_line(doc)}"]
    body = [f"  {line}" for line in _body(dataset, columns)]
    return "\n".join([*head, f"message {message} {{", *body, "}", ""])


def _body(dataset: Dataset, columns: Sequence[Column]) -> Iterator[str]:
    if len({column.name.replace("_", "") for column in columns}) < len(columns):
        # protoc refuses foo_1 beside foo1 for the JSON names that it would give them, though each has its own here.
        yield "option deprecated_legacy_json_field_conflicts = true;"
    reserved = dataset.stream.reserved if dataset.stream else ()
    if reserved and len(columns) == len(dataset.columns):
        yield f"reserved {', '.join(str(one.number) for one in reserved)};"
        names = ", ".join(f'"{one.name}"' for one in reserved)
        yield f"reserved {names};"
    numbers = field_numbers(dataset)
    for column in columns:
        values = _values(dataset, column)
        if values:
            # In a message of its own, so that no value's name meets another column's.
            yield f"message {_list_name(column)} {{"
            yield "  enum Value {"
            yield from (f"    {name} = {number};" for number, name in enumerate((_ZERO, *values)))
            yield "  }"
            yield "}"
        yield f"// {_line(column.description)}"
        written, meaning = (f"{_list_name(column)}.Value", "") if values else _type(dataset, column)
        if meaning:
            yield f"// {meaning}"
        label = "" if column.required else "optional "
        # JSON calls the field as the contract does.
        json_name = f' [json_name = "{column.name}"]' if "_" in column.name else ""
        yield f"{label}{written} {column.name} = {numbers[column.name]}{json_name};"


def _type(dataset: Dataset, column: Column) -> tuple[str, str]:
    name = normal(column.source_type)
    if name in _TYPES:
        return _TYPES[name]
    family = kind(name)
    if family == "decimal":
        return "string", f"A {name} as text: all digits behind the point, no exponent."
    if family == "timestamp":
        zone = "Z" if column.instant else ", of no time zone"
        return "int64", f"Microseconds since 1970-01-01T00:00:00{zone}."
    raise ValueError(f"{dataset.domain}.{dataset.name}.{column.name}: Protobuf has no type for {name}")


def _values(dataset: Dataset, column: Column) -> tuple[str, ...]:
    """The values of a closed list, unless Protobuf could not tell two of them apart (it folds case and `_`)."""
    values = symbols(dataset, column)
    folded = {_folded(value) for value in (_ZERO, *values)}
    return values if len(folded) == 1 + len(values) and not _STATEMENTS.intersection(values) else ()


def _folded(value: str) -> str:
    return value.replace("_", "").lower().removeprefix("value")


def _list_name(column: Column) -> str:
    """Begins with a capital letter, which no column does."""
    return column.name[0].upper() + column.name[1:]


def _pascal(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def _line(text: str) -> str:
    """Words for a comment, which may hold no control character."""
    return " ".join(text.translate(_CONTROLS).split())
