"""Writers' schemas in the Glue registry; each version is asked for once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from stream_loader.poison import Poison
from stream_loader.wire import version_id

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_THERE = ("EntityNotFoundException", "InvalidInputException")
_FORMATS = {"avro": "AVRO", "protobuf": "PROTOBUF"}


class Schemas:
    """The schema versions of one subject.

    Args:
        glue: Client.
        registry: Name of the registry.
        subject: The subject, which is named as the topic.
        data_format: avro or protobuf.
    """

    def __init__(self, glue: Any, *, registry: str, subject: str, data_format: str) -> None:
        self._glue, self._registry, self._subject = glue, registry, subject
        self._format = _FORMATS[data_format]
        self._known: dict[bytes, str] = {}

    def definition(self, version: bytes) -> str:
        """The text of a version.

        Args:
            version: Its id, 16 bytes.

        Raises:
            Poison: `UnknownSchema` when the registry has no such version of the subject.
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        if version not in self._known:
            answer = self._asked(version)
            if not answer.get("SchemaArn", "").endswith(f":schema/{self._registry}/{self._subject}"):
                raise self._unknown(version, "is of another subject")
            if answer.get("Status", "AVAILABLE") != "AVAILABLE" or answer["DataFormat"] != self._format:
                raise self._unknown(version, f"is {answer.get('Status')}, {answer['DataFormat']}")
            self._known[version] = answer["SchemaDefinition"]
        return self._known[version]

    def latest(self) -> str:
        """The text of the newest version.

        Raises:
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        identity = {"RegistryName": self._registry, "SchemaName": self._subject}
        answer = self._glue.get_schema_version(SchemaId=identity, SchemaVersionNumber={"LatestVersion": True})
        return str(answer["SchemaDefinition"])

    def _asked(self, version: bytes) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = self._glue.get_schema_version(SchemaVersionId=version_id(version))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "AccessDeniedException":
                # A stranger's version is denied; so is everything when the role lacks the right: then this raises.
                self.latest()
            elif code not in _NOT_THERE:
                raise
            raise self._unknown(version, "is not there") from None
        return answer

    def _unknown(self, version: bytes, what: str) -> Poison:
        return Poison(
            "UnknownSchema",
            f"schema version {version_id(version)} {what} in registry {self._registry}; the subject is "
            f"{self._subject}: register the writer's schema under it",
        )
