"""Keys and values in Glue's wire format: decoded by their own schema version, encoded by the subject's newest.

Source: https://docs.aws.amazon.com/glue/latest/dg/schema-registry-works.html
"""

from __future__ import annotations

import base64
import io
import json
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

from operations.streams.avro_json import Misfit, Shape, binary, to_json

_MAGIC, _PLAIN, _ZLIB, _HEADER = 0x03, 0x00, 0x05, 18
_NOT_THERE = ("EntityNotFoundException", "InvalidInputException", "AccessDeniedException")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A key or value as an expression sees it; `subject` is None when it could not be decoded by a schema."""

    view: Any
    subject: str | None


@dataclass(frozen=True, kw_only=True)
class _Version:
    version: str
    subject: str
    schema: Any
    parsed: Any


class Values:
    """The keys and values of one registry.

    Args:
        glue: Client.
        registry: Name of the registry; versions of others are not decoded.
    """

    def __init__(self, glue: Any, *, registry: str) -> None:
        self._glue, self._registry = glue, registry
        self._known: dict[str, _Version | None] = {}

    def read(self, content: bytes | None) -> Seen:
        """What a key or value holds: Avro by its schema, else JSON, else its bytes in base64 (and text, if it is any).

        Raises:
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        if content is None:
            return Seen(view=None, subject=None)
        try:
            return self._framed(content) or Seen(view=_unframed(content), subject=None)
        except Exception as error:  # whatever fastavro and zlib do with bytes that are not theirs
            from botocore.exceptions import BotoCoreError, ClientError

            if isinstance(error, ClientError | BotoCoreError):
                raise
            return Seen(view=_unframed(content), subject=None)

    def write(self, view: Any, *, before: bytes | None, seen: Seen, subject: str) -> bytes | None:
        """The bytes of a view; those before, byte for byte, where it did not change.

        Args:
            view: What an expression made of it.
            before: The bytes that it was.
            seen: How it was seen.
            subject: By whose newest version an object is encoded that had no schema.

        Raises:
            Misfit: when the view does not fit the newest version, or nothing says how to encode it.
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        if view == seen.view and json.dumps(view, sort_keys=True) == json.dumps(seen.view, sort_keys=True):
            return before
        if view is None:
            return None
        if (content := binary(view)) is not None:
            return content
        if seen.subject is None and before is not None and _is_json(before):
            return json.dumps(view, separators=(",", ":"), ensure_ascii=False).encode()
        newest = self._newest(seen.subject or subject)
        import fastavro

        stream = io.BytesIO()
        try:
            fastavro.schemaless_writer(stream, newest.parsed, Shape(newest.schema).value(view))
        except Misfit:
            raise
        except Exception as error:
            raise Misfit(f"it does not fit the newest version of {newest.subject}: {error}") from error
        return bytes([_MAGIC, _PLAIN]) + uuid.UUID(newest.version).bytes + stream.getvalue()

    def _framed(self, content: bytes) -> Seen | None:
        if len(content) < _HEADER or content[0] != _MAGIC or content[1] not in (_PLAIN, _ZLIB):
            return None
        version = self._version(str(uuid.UUID(bytes=content[2:_HEADER])))
        if version is None:
            return None
        import fastavro

        body = zlib.decompress(content[_HEADER:]) if content[1] == _ZLIB else content[_HEADER:]
        stream = io.BytesIO(body)
        value = fastavro.schemaless_reader(stream, version.parsed, None)
        if stream.tell() != len(body):
            return None
        return Seen(view=to_json(value), subject=version.subject)

    def _version(self, version: str) -> _Version | None:
        if version not in self._known:
            from botocore.exceptions import ClientError

            try:
                answer = self._glue.get_schema_version(SchemaVersionId=version)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_THERE:
                    raise
                self._known[version] = None
            else:
                self._known[version] = self._parsed(answer)
        return self._known[version]

    def _newest(self, subject: str) -> _Version:
        from botocore.exceptions import ClientError

        try:
            answer = self._glue.get_schema_version(
                SchemaId={"RegistryName": self._registry, "SchemaName": subject},
                SchemaVersionNumber={"LatestVersion": True},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_THERE:
                raise
            raise Misfit(
                f"registry {self._registry} has no subject {subject} to encode by; give the bytes as "
                '{"base64": "..."}'
            ) from error
        found = self._parsed(answer)
        if found is None:
            raise Misfit(f'{subject} is not Avro; give the bytes as {{"base64": "..."}}')
        return found

    def _parsed(self, answer: dict[str, Any]) -> _Version | None:
        import fastavro

        place, _, subject = answer.get("SchemaArn", "").rpartition("/")
        if answer.get("DataFormat") != "AVRO" or not place.endswith(f":schema/{self._registry}"):
            return None
        schema = json.loads(answer["SchemaDefinition"])
        return _Version(
            version=answer["SchemaVersionId"],
            subject=subject,
            schema=schema,
            parsed=fastavro.parse_schema(schema),
        )


def _unframed(content: bytes) -> Any:
    if _is_json(content):
        return json.loads(content)
    view = {"base64": base64.b64encode(content).decode()}
    try:
        return view | {"text": content.decode()}
    except UnicodeDecodeError:
        return view


def _is_json(content: bytes) -> bool:
    """Whether it is a JSON object, as keys of change events are."""
    if content[:1] != b"{":
        return False
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False
