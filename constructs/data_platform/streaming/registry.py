"""The schema registry of a domain: a subject a topic, and a version whenever its contract's schema changes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html
MOST_CHARACTERS = 170_000


class SchemaTooLargeError(ValueError):
    """A schema is longer than Glue takes."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A schema and the rule by which it may change.

    Args:
        name: Name of the subject; its topic's, with an ending for the key's.
        format: "AVRO" or "PROTOBUF".
        compatibility: One of Glue's modes, such as "BACKWARD_ALL".
        definition: Text of the schema as it is now; None where whoever writes registers its own, as a connector does.
    """

    name: str
    format: Literal["AVRO", "PROTOBUF"]
    compatibility: str
    definition: str | None


class SchemaRegistry(Construct):
    """A Glue registry and its subjects.

    A subject holds no definition of its own, as that could never change: each definition is a version, named in the
    template by what it says. A changed schema is therefore a new version beside the others, which stay in the registry
    when the template names them no more; Glue refuses it when it breaks the subject's compatibility.

    Args:
        scope: The construct that owns the registry.
        construct_id: Name within its scope.
        name: Public name.
        description: What it holds.
        subjects: Schemas as they are now.

    Attributes:
        registry: The registry.
        schemas: Schema by the name of its subject.

    Raises:
        SchemaTooLargeError: when a definition is longer than Glue takes.

    Example:
        >>> subject = Subject(name="retail.orders.v1", format="AVRO", compatibility="BACKWARD_ALL",
        ...                   definition='{"type": "string"}')
        >>> made = SchemaRegistry(cdk.Stack(), "Registry", name="dp-dev-retail-stream", description="Of retail",
        ...                       subjects=[subject])
        >>> made.schemas["retail.orders.v1"].compatibility
        'BACKWARD_ALL'
    """

    registry: glue.CfnRegistry
    schemas: Mapping[str, glue.CfnSchema]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        description: str,
        subjects: Sequence[Subject],
    ) -> None:
        super().__init__(scope, construct_id)
        self.registry = glue.CfnRegistry(self, "Resource", name=name, description=description)
        _keep(self.registry)
        self.schemas = {subject.name: self._schema(subject) for subject in subjects}

    def arns_of(self, *subjects: str) -> list[str]:
        """What a policy names so that its role can read these subjects: the registry and their schemas."""
        return [self.registry.attr_arn, *(self.schemas[subject].attr_arn for subject in subjects)]

    def _schema(self, subject: Subject) -> glue.CfnSchema:
        definition = subject.definition
        if definition is not None and len(definition) > MOST_CHARACTERS:
            raise SchemaTooLargeError(
                f"streaming/registry.py: the schema of {subject.name} has {len(definition):,} characters; "
                f"Glue takes {MOST_CHARACTERS:,}. Mend: shorten descriptions in its contract, or split the dataset."
            )
        own = "".join(word.title() for word in re.split(r"[^A-Za-z0-9]+", subject.name))
        schema = glue.CfnSchema(
            self,
            own,
            name=subject.name,
            registry=glue.CfnSchema.RegistryProperty(arn=self.registry.attr_arn),
            data_format=subject.format,
            compatibility=subject.compatibility,
        )
        _keep(schema)
        if definition is not None:
            digest = hashlib.sha256(definition.encode()).hexdigest()[:16]
            version = glue.CfnSchemaVersion(
                self,
                f"{own}Version{digest}",
                schema=glue.CfnSchemaVersion.SchemaProperty(schema_arn=schema.attr_arn),
                schema_definition=definition,
            )
            _keep(version)
        return schema


def _keep(resource: cdk.CfnResource) -> None:
    """Records in topics name the version by which they were written: none may ever go."""
    resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN, apply_to_update_replace_policy=True)
