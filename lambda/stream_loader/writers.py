"""Who writes to the topic: a mapping to the contract's columns for each schema version, made once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from stream_loader.avro_values import AvroReader
from stream_loader.mapping import WriterMapping
from stream_loader.poison import Poison

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stream_loader.mapping import Reader
    from stream_loader.plan import Plan
    from stream_loader.schemas import Schemas
    from stream_loader.writer_types import WriterType

_KEPT = 64  # mappings; more versions at a time are not alive in a topic


class Writers:
    """The mappings of one topic.

    Args:
        plan: The stream plan.
        schemas: The subject in the registry.
    """

    def __init__(self, plan: Plan, schemas: Schemas) -> None:
        self._plan, self._schemas = plan, schemas
        self._mappings: dict[bytes, WriterMapping | Poison] = {}
        self._protobuf: Reader | None = None
        self._key_types: Mapping[str, WriterType | None] = {}

    def mapping(self, version: bytes) -> WriterMapping:
        """The mapping of a schema version.

        Raises:
            Poison: `UnknownSchema` or `SchemaMismatch`.
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        if version not in self._mappings:
            definition = self._schemas.definition(version)
            if len(self._mappings) >= _KEPT:
                self._mappings.clear()
            try:
                self._mappings[version] = WriterMapping(self._reader(definition), self._plan.columns)
            except Poison as poison:
                self._mappings[version] = poison
        made = self._mappings[version]
        if isinstance(made, Poison):
            raise made
        return made

    def key_types(self) -> Mapping[str, WriterType | None]:
        """What the newest schema says of the columns; empty where no value was ever written.

        Raises:
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        if not self._key_types:
            try:
                self._key_types = AvroReader(self._schemas.latest()).types
            except ClientError as error:
                if error.response["Error"]["Code"] != "EntityNotFoundException":
                    raise
        return self._key_types

    def _reader(self, definition: str) -> Reader:
        if self._plan.format == "avro":
            return AvroReader(definition)
        if self._protobuf is None:
            from stream_loader.protobuf_values import ProtobufReader  # noqa: PLC0415 - protoc, for events alone

            self._protobuf = ProtobufReader(self._plan.protobuf or "", self._plan.columns)
        return self._protobuf
