"""Rows as Protobuf by the contract's message, with Glue's message index before them.

The message says of a decimal only that it is text, and of a moment that it is a number: how many digits a decimal may
have the loader judges, by the contract.
"""

from __future__ import annotations

import datetime as dt
import importlib.resources
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

from event_producer.misfit import Misfit, check_names

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FieldDescriptor

_FILE, _SET = "event.proto", "event.pb"
_OUTERMOST = b"\x00"  # Glue numbers a file's messages by their full names; the contract's comes first
_UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.date(1970, 1, 1)


class ProtobufEncoder:
    """Encodes rows of the outermost message of a `.proto` file.

    Args:
        definition: The file's text.

    Raises:
        ValueError: when protoc refuses it.
    """

    def __init__(self, definition: str) -> None:
        file = _compiled(definition)
        pool = descriptor_pool.DescriptorPool()
        pool.Add(file)
        self._described: Descriptor = pool.FindMessageTypeByName(
            f"{file.package}.{file.message_type[0].name}"
        )
        self._message = message_factory.GetMessageClass(self._described)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return [field.name for field in self._described.fields]

    def encode(self, row: Any) -> bytes:
        """A row's bytes.

        Args:
            row: Values by column: `Decimal`, `datetime` (a local one without a time zone), `date`, text, numbers,
                booleans; None or nothing for what is empty.

        Raises:
            Misfit: when it does not fit, with column and reason.
        """
        given = check_names(row, self.columns)
        made = self._message()
        for field in self._described.fields:
            value = given.get(field.name)
            if value is None:
                if not field.has_presence:  # it would be read as zero or empty text
                    raise Misfit(field.name, "is missing, and the contract requires it")
                continue
            try:
                setattr(made, field.name, _written(field, value))
            except (TypeError, ValueError) as error:
                raise Misfit(field.name, f"{value!r} does not fit: {error}") from None
        return _OUTERMOST + bytes(made.SerializeToString())


def _written(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        named = field.enum_type.values_by_name.get(value)
        if named is None or named.number == 0:
            allowed = ", ".join(each.name for each in field.enum_type.values if each.number)
            raise Misfit(field.name, f"{value!r} is none of {allowed}")
        return named.number
    numeric = field.cpp_type not in (field.CPPTYPE_STRING, field.CPPTYPE_BOOL)
    if numeric and isinstance(value, bool):
        raise Misfit(field.name, f"{value!r} is no number")
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Misfit(field.name, f"{value} is no number")
        return format(value, "f")
    if isinstance(value, dt.datetime):
        local = value.tzinfo is None
        return ((value.replace(tzinfo=dt.UTC) if local else value) - _UNIX) // dt.timedelta(microseconds=1)
    if isinstance(value, dt.date):
        return (value - _DAY).days
    return value


def _compiled(text: str) -> descriptor_pb2.FileDescriptorProto:
    with tempfile.TemporaryDirectory(prefix="proto-") as folder:
        Path(folder, _FILE).write_text(text, encoding="utf-8")
        well_known = importlib.resources.files("grpc_tools") / "_proto"
        written = f"--descriptor_set_out={folder}/{_SET}"
        if protoc.main(["protoc", f"-I{folder}", f"-I{well_known}", written, _FILE]):
            raise ValueError("protoc refuses the registry's Protobuf schema; deploy the contract again")
        found = descriptor_pb2.FileDescriptorSet.FromString(Path(folder, _SET).read_bytes())
    return found.file[0]
