"""Records of the event source mapping as rows, by the schema that each was written by."""

from __future__ import annotations

import base64
import io
import json
import uuid
import zlib
from typing import TYPE_CHECKING, Any

import fastavro

if TYPE_CHECKING:
    from collections.abc import Mapping

_VERSION, _PLAIN, _ZLIB, _HEADER = 0x03, 0x00, 0x05, 18


class Poison(Exception):
    """A record that no retry makes readable.

    Args:
        error_class: BadMagic, UnknownSchema, UndecodableValue or SchemaMismatch, as the loader names them.
        reason: What is wrong with it.
        column: The column, where it is one.
    """

    def __init__(self, error_class: str, reason: str, column: str = "") -> None:
        self.error_class, self.reason, self.column = error_class, reason, column
        super().__init__(f"{error_class}: {reason}")


class Reader:
    """Decodes Avro in Glue's frame; each schema version is asked for once.

    Args:
        glue: Client.
        registry: Name of the registry.
    """

    def __init__(self, glue: Any, registry: str) -> None:
        self._glue, self._registry = glue, registry
        self._schemas: dict[bytes, Any] = {}

    def row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The row of a record.

        Args:
            record: Of the event, its value in base64.

        Raises:
            Poison: when it is none.
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        value = base64.b64decode(record.get("value") or "")
        if len(value) < _HEADER or value[0] != _VERSION or value[1] not in (_PLAIN, _ZLIB):
            raise Poison("BadMagic", "the value is not in the frame of the Glue Schema Registry")
        schema = self._schema(value[2:_HEADER], str(record["topic"]))
        try:
            body = zlib.decompress(value[_HEADER:]) if value[1] == _ZLIB else value[_HEADER:]
            found: Any = fastavro.schemaless_reader(io.BytesIO(body), schema, None)
        except Exception as error:  # noqa: BLE001 - fastavro raises whatever its bytes lead it to
            raise Poison("UndecodableValue", f"the value is not what its schema says: {error!r}") from None
        if not isinstance(found, dict):
            raise Poison("SchemaMismatch", "the value is no record of columns")
        return found

    def _schema(self, version: bytes, topic: str) -> Any:
        if version not in self._schemas:
            named = str(uuid.UUID(bytes=version))
            try:
                answer = self._glue.get_schema_version(SchemaVersionId=named)
            except self._glue.exceptions.EntityNotFoundException:
                raise Poison("UnknownSchema", f"schema version {named} is not in the registry") from None
            if not answer["SchemaArn"].endswith(f":schema/{self._registry}/{topic}"):
                raise Poison("UnknownSchema", f"schema version {named} is of another subject than {topic}")
            self._schemas[version] = fastavro.parse_schema(json.loads(answer["SchemaDefinition"]))
        return self._schemas[version]
