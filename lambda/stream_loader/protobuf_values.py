"""Protobuf values of a stream of events as columns, by the contract's own `.proto` text, which protoc compiles."""

from __future__ import annotations

import importlib.resources
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory
from grpc_tools import protoc

from stream_loader.avro_values import Decoded
from stream_loader.poison import Poison
from stream_loader.writer_types import WriterType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.descriptor import Descriptor, FieldDescriptor

    from stream_loader.plan import Column

_FILE, _SET = "stream.proto", "stream.pb"
_FIRST_MESSAGE = 0  # Glue's serializer numbers messages by their full names; those within ours come after it
_KINDS = {"int": "integer", "bigint": "integer", "date": "date", "timestamp": "timestamp"}


class ProtobufReader:
    """Reads messages of the contract's own schema, whichever compatible version wrote them.

    Args:
        text: The `.proto` file, with one message outermost.
        columns: The contract's.

    Raises:
        ValueError: when protoc refuses the text.
    """

    def __init__(self, text: str, columns: Sequence[Column]) -> None:
        pool = descriptor_pool.DescriptorPool()
        file = _compiled(text)
        pool.Add(file)
        name = f"{file.package}.{file.message_type[0].name}"
        described: Descriptor = pool.FindMessageTypeByName(name)
        self._message = message_factory.GetMessageClass(described)
        self._fields: list[FieldDescriptor] = [described.fields_by_name[column.name] for column in columns]
        self.types: dict[str, WriterType | None] = {column.name: _type(column) for column in columns}

    def read(self, bodies: Sequence[bytes]) -> Decoded:
        """Decode a group of records, each with Glue's message index before it."""
        broken: dict[int, Poison] = {}
        columns: list[list[Any]] = [[] for _ in self._fields]
        for place, body in enumerate(bodies):
            found = self._parsed(body)
            if isinstance(found, Poison):
                broken[place] = found
            for values, field in zip(columns, self._fields, strict=True):
                values.append(None if isinstance(found, Poison) else _value(found, field))
        names = [field.name for field in self._fields]
        return Decoded(columns=dict(zip(names, columns, strict=True)), broken=broken)

    def _parsed(self, body: bytes) -> message.Message | Poison:
        if not body:
            return Poison("TruncatedValue", "Glue's message index is missing")
        if body[0] != _FIRST_MESSAGE:
            return Poison("UndecodableValue", "the value is of a message within the contract's, not of it")
        try:
            return self._message.FromString(body[1:])
        except message.DecodeError:
            return Poison("UndecodableValue", "the value is not what the contract's message says")


def _compiled(text: str) -> descriptor_pb2.FileDescriptorProto:
    with tempfile.TemporaryDirectory(prefix="proto-") as folder:
        Path(folder, _FILE).write_text(text, encoding="utf-8")
        well_known = importlib.resources.files("grpc_tools") / "_proto"
        written = f"--descriptor_set_out={folder}/{_SET}"
        if protoc.main(["protoc", f"-I{folder}", f"-I{well_known}", written, _FILE]):
            raise ValueError("protoc refuses the plan's Protobuf schema; deploy the contract again")
        found = descriptor_pb2.FileDescriptorSet.FromString(Path(folder, _SET).read_bytes())
    return found.file[0]


def _type(column: Column) -> WriterType:
    """What the contract's message holds of a column: decimals as text, days and microseconds since 1970."""
    kind = column.type.partition("(")[0]
    if kind == "decimal":
        return WriterType(kind="decimal-text", written="text with all digits")
    return WriterType(
        kind=_KINDS.get(kind, kind), unit="us" if kind == "timestamp" else "", written=column.type
    )


def _value(found: message.Message, field: FieldDescriptor) -> Any:
    if field.has_presence and not found.HasField(field.name):
        return None
    value = getattr(found, field.name)
    if field.enum_type is None:
        return value
    named = field.enum_type.values_by_number.get(value)
    return named.name if named else str(value)
