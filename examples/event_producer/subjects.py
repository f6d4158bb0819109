"""The schemas of a topic in the Glue registry: of its values and of its keys, asked for once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class UnusableSubject(Exception):
    """The registry has no usable schema of a topic; nothing can be sent."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A schema version.

    Args:
        version_id: Its id.
        format: AVRO or PROTOBUF.
        definition: Its text.
    """

    version_id: str
    format: str
    definition: str


class Subjects:
    """The newest version of each subject, as it was when it was first asked for.

    A version that is deployed meanwhile is compatible with this one by the registry's own rule, so a producer goes on
    with what it knows until it starts again.

    Args:
        glue: Client.
        registry: Name of the registry.
    """

    def __init__(self, glue: Any, registry: str) -> None:
        self._glue, self._registry = glue, registry
        self._known: dict[str, Subject] = {}

    def subject(self, name: str) -> Subject:
        """A subject's newest version.

        Raises:
            UnusableSubject: when there is none, or it is not available.
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        if name not in self._known:
            self._known[name] = self._asked(name)
        return self._known[name]

    def _asked(self, name: str) -> Subject:
        identity = {"RegistryName": self._registry, "SchemaName": name}
        try:
            found = self._glue.get_schema_version(
                SchemaId=identity, SchemaVersionNumber={"LatestVersion": True}
            )
        except self._glue.exceptions.EntityNotFoundException:
            raise UnusableSubject(
                f"registry {self._registry} has no schema {name}; deploy the contract, whose topic it is named after"
            ) from None
        if found.get("Status", "AVAILABLE") != "AVAILABLE":
            raise UnusableSubject(
                f"schema {name} in registry {self._registry} is {found['Status']}; deploy the contract again"
            )
        return Subject(
            version_id=found["SchemaVersionId"],
            format=found["DataFormat"],
            definition=found["SchemaDefinition"],
        )
