"""The Avro schemas of a dataset's stream: a record of all columns for the value, one of the key columns for the key.

Types are those in which rows arrive (`sourceType`, else `physicalType`), exactly. Namespace and names are the
contract's own, whose letters Avro allows all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.contracts.enumerations import symbols
from data_platform.contracts.types import kind, normal

if TYPE_CHECKING:
    from data_platform.contracts.model import Column, Dataset

_PLAIN = {
    "boolean": "boolean",
    "int": "int",
    "bigint": "long",
    "float": "float",
    "double": "double",
    "string": "string",
}


def avro_schema(dataset: Dataset) -> dict[str, Any]:
    """The schema of a record's value: one row.

    A column that may be empty is a union with null and defaults to null, so that a reader with the column can read
    records from before it came; a required one has no default.

    Args:
        dataset: The contract.

    Raises:
        ValueError: when a column has a type that no contract can have.
    """
    return _record(dataset, dataset.name, dataset.description, dataset.columns)


def avro_key_schema(dataset: Dataset) -> dict[str, Any]:
    """The schema of a record's key: the key columns of the stream in their order, none of them empty.

    Args:
        dataset: The contract.

    Raises:
        ValueError: when the dataset has no stream, or a column has a type that no contract can have.
    """
    if dataset.stream is None:
        raise ValueError(f"{dataset.domain}.{dataset.name} has no stream, so its records have no key")
    key = [dataset.column(name) for name in dataset.stream.key]
    return _record(
        dataset, f"{dataset.name}_key", f"Tells which records of {dataset.name} follow each other.", key
    )


def _record(dataset: Dataset, name: str, doc: str, columns: Any) -> dict[str, Any]:
    return {
        "type": "record",
        "name": name,
        "namespace": dataset.domain,
        "doc": doc,
        "fields": [_field(dataset, name, column) for column in columns],
    }


def _field(dataset: Dataset, record: str, column: Column) -> dict[str, Any]:
    value = _type(dataset, record, column)
    field = {"name": column.name, "doc": " ".join(column.description.split())}
    return field | ({"type": value} if column.required else {"type": ["null", value], "default": None})


def _type(dataset: Dataset, record: str, column: Column) -> Any:
    values = symbols(dataset, column)
    if values:
        # The namespace is the record's, so that no two columns' lists have one name.
        return {
            "type": "enum",
            "name": column.name,
            "namespace": f"{dataset.domain}.{record}",
            "symbols": list(values),
        }
    name = normal(column.source_type)
    if name in _PLAIN:
        return _PLAIN[name]
    family = kind(name)
    if family == "decimal":
        precision, scale = name.removeprefix("decimal(").removesuffix(")").split(",")
        return {"type": "bytes", "logicalType": "decimal", "precision": int(precision), "scale": int(scale)}
    if family == "date":
        return {"type": "int", "logicalType": "date"}
    if family == "timestamp":
        return {"type": "long", "logicalType": f"{'' if column.instant else 'local-'}timestamp-micros"}
    raise ValueError(f"{dataset.domain}.{dataset.name}.{column.name}: Avro has no type for {name}")
