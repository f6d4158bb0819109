"""Rows of a dataset, and the way there and back through the official Avro and Protobuf runtimes."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc
from hypothesis import strategies as st

from data_platform.contracts.avro_schema import avro_schema
from data_platform.contracts.enumerations import symbols
from data_platform.contracts.protobuf_schema import protobuf_schema
from data_platform.contracts.types import kind, normal

if TYPE_CHECKING:
    from data_platform.contracts.model import Column, Dataset

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 # what a clock on the wall shows
MICROSECOND = timedelta(microseconds=1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PLAIN = {
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "string": TEXT,
    "date": st.dates(),
}


def values(dataset: Dataset, column: Column) -> st.SearchStrategy[Any]:
    """Every value that a column can have, as Python has it; None where it may be empty."""
    listed, name = symbols(dataset, column), normal(column.source_type)
    if listed:
        made: st.SearchStrategy[Any] = st.sampled_from(listed)
    elif name in PLAIN:
        made = PLAIN[name]
    elif kind(name) == "decimal":
        digits, scale = (int(part) for part in name[8:-1].split(","))
        made = st.integers(-(10**digits) + 1, 10**digits - 1).map(lambda n: scaled(n, scale))
    else:
        made = st.datetimes(timezones=st.just(UTC)) if column.instant else st.datetimes()
    return made if column.required else st.none() | made


def scaled(unscaled: int, scale: int) -> Decimal:
    """Exactly unscaled / 10**scale, with all its digits (no arithmetic, whose context would round)."""
    sign, digits = int(unscaled < 0), tuple(int(digit) for digit in str(abs(unscaled)))
    return Decimal((sign, digits, -scale))


def rows(dataset: Dataset) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({column.name: values(dataset, column) for column in dataset.columns})


def through_avro(dataset: Dataset, row: dict[str, Any], reader: Dataset | None = None) -> dict[str, Any]:
    """The row as a reader has it after fastavro wrote it by the schema."""
    written = fastavro.parse_schema(avro_schema(dataset))
    read = fastavro.parse_schema(avro_schema(reader)) if reader else None
    bytes_ = io.BytesIO()
    fastavro.schemaless_writer(bytes_, written, row)
    bytes_.seek(0)
    return fastavro.schemaless_reader(bytes_, written, read)


@cache
def message_class(text: str) -> Any:
    """The class of the file's message, as protoc compiles it.

    Raises:
        AssertionError: when protoc refuses the text.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "stream.proto").write_text(text, encoding="utf-8")
        out = Path(folder) / "set"
        include = Path(grpc_tools.__file__).parent / "_proto"
        code = protoc.main(
            ["protoc", f"-I{folder}", f"-I{include}", f"--descriptor_set_out={out}", "stream.proto"]
        )
        assert code == 0, text
        found = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    file = found.file[0]
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName(f"{file.package}.{file.message_type[0].name}")
    return message_factory.GetMessageClass(descriptor)


def to_protobuf(dataset: Dataset, row: dict[str, Any]) -> bytes:
    made = message_class(protobuf_schema(dataset))()
    for column in dataset.columns:
        value = row[column.name]
        if value is not None:
            field = made.DESCRIPTOR.fields_by_name[column.name]
            named = field.enum_type.values_by_name[value].number if field.enum_type else None
            setattr(made, column.name, _written(column, value) if named is None else named)
    return made.SerializeToString()


def from_protobuf(dataset: Dataset, content: bytes) -> dict[str, Any]:
    """What a reader has; a closed list's value that it does not know is its number."""
    made = message_class(protobuf_schema(dataset)).FromString(content)
    row = {}
    for column in dataset.columns:
        field = made.DESCRIPTOR.fields_by_name[column.name]
        value = getattr(made, column.name)
        if field.has_presence and not made.HasField(column.name):
            row[column.name] = None
        elif field.enum_type:
            known = field.enum_type.values_by_number.get(value)
            row[column.name] = known.name if known else value
        else:
            row[column.name] = _read(column, value)
    return row


def _written(column: Column, value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return (value.replace(tzinfo=None) - EPOCH) // MICROSECOND
    return (value - EPOCH.date()).days if isinstance(value, date) else value


def _read(column: Column, value: Any) -> Any:
    family = kind(column.source_type)
    if family == "decimal":
        return Decimal(value)
    if family == "timestamp":
        moment = EPOCH + value * MICROSECOND
        return moment.replace(tzinfo=UTC) if column.instant else moment
    return EPOCH.date() + timedelta(days=value) if family == "date" else value
