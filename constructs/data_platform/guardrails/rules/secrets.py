"""Secrets: never in a template, whose text everybody who may describe a stack can read."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_NAME = re.compile(
    r"(pass(word|wd|phrase)?|secret|token|api_?key|access_?key|private_?key|credential)s?$", re.IGNORECASE
)
_VALUE = re.compile(
    r"(?:^|[^A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?:$|[^A-Z0-9])"  # an AWS access key
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{22,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."  # a JSON Web Token
    r"|[a-z][a-z0-9+]*://[^\s/:@]+:[^\s/:@{}$]+@"  # user and password in a URL
    r"|(?:password|passwd|secret|token)\s*[=:]\s*[\"']?[^\s\"'${}<]{6,}",
    re.IGNORECASE,
)
_REFERENCES = ("{{resolve:", "arn:aws", "${", "alias/")
# Type -> properties that hold a secret in clear text when they are given as text.
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "AWS::DMS::Endpoint": ("Password",),
    "AWS::DocDB::DBCluster": ("MasterUserPassword",),
    "AWS::ElastiCache::ReplicationGroup": ("AuthToken",),
    "AWS::Glue::Connection": ("ConnectionInput.ConnectionProperties.PASSWORD",),
    "AWS::RDS::DBCluster": ("MasterUserPassword",),
    "AWS::RDS::DBInstance": ("MasterUserPassword",),
    "AWS::Redshift::Cluster": ("MasterUserPassword",),
    "AWS::RedshiftServerless::Namespace": ("AdminUserPassword",),
    "AWS::SecretsManager::Secret": ("SecretString",),
}


def is_secret(name: str, value: Any) -> bool:
    """Whether a named text is a secret: by the shape of the text, or by a name that only a secret has.

    Example:
        >>> is_secret("DB_PASSWORD", "hunter2"), is_secret("TOKEN_SECRET_ARN", "arn:aws:secretsmanager:..."),
        (True, False)
    """
    if not isinstance(value, str) or not value or value.startswith(_REFERENCES):
        return False
    return bool(_VALUE.search(value) or (_NAME.search(name) and value.lower() not in ("true", "false")))


def _variables(resource: Resource) -> Iterator[tuple[str, Any]]:
    given = resource.properties
    if resource.type == "AWS::Lambda::Function":
        yield from given.get("Environment", {}).get("Variables", {}).items()
    elif resource.type == "AWS::ECS::TaskDefinition":
        for container in listed(given.get("ContainerDefinitions")):
            yield from ((each["Name"], each.get("Value")) for each in listed(container.get("Environment")))
    elif resource.type == "AWS::CodeBuild::Project":
        for each in listed(given.get("Environment", {}).get("EnvironmentVariables")):
            if each.get("Type", "PLAINTEXT") == "PLAINTEXT":
                yield each["Name"], each.get("Value")
    elif resource.type == "AWS::Glue::Job":
        yield from given.get("DefaultArguments", {}).items()
    elif resource.type == "AWS::Batch::JobDefinition":
        for each in listed(given.get("ContainerProperties", {}).get("Environment")):
            yield each["Name"], each.get("Value")


def _environment(resource: Resource, _: Surroundings) -> Iterator[str]:
    yield from (
        f"variable {name} holds a secret in clear text"
        for name, value in _variables(resource)
        if is_secret(name, value)
    )


def _parameters(resource: Resource, _: Surroundings) -> Iterator[str]:
    if resource.type == "AWS::SSM::Parameter":
        if is_secret(str(resource.properties.get("Name", "")), resource.properties.get("Value")):
            yield "the parameter holds a secret in clear text"
        return
    for path in _PLAIN.get(resource.type, ()):
        value: Any = resource.properties
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and not value.startswith(_REFERENCES):
            yield f"{path} stands in the template in clear text"
    if resource is resource.stack.first:
        for name, parameter in resource.stack.template.get("Parameters", {}).items():
            if is_secret(name, parameter.get("Default")) or (
                _NAME.search(name) and str(parameter.get("NoEcho", "")).lower() != "true"
            ):
                yield f"template parameter {name} is a secret with a default or without NoEcho"


def _user_data(resource: Resource, _: Surroundings) -> Iterator[str]:
    data = resource.properties.get("LaunchTemplateData", resource.properties).get("UserData", "")
    try:
        text = base64.b64decode(str(data), validate=True).decode(errors="replace")
    except binascii.Error:
        text = str(data)
    if _VALUE.search(text):
        yield "its user data holds a secret, which every process of the instance can read"


_NO_PLAIN_SECRETS = Standards(cpg_234=("36e", "Attachment C 4", "Attachment D 1"))

RULES = (
    Rule(
        id="DP-SECRET-ENVIRONMENT",
        title="No environment variable or job argument holds a secret.",
        rationale="Variables stand in the template, in the console and in every dump of the process.",
        fix="Pass the secret's ARN and read it at run time, or use `Secrets` of the container.",
        types=(
            "AWS::Lambda::Function",
            "AWS::ECS::TaskDefinition",
            "AWS::CodeBuild::Project",
            "AWS::Glue::Job",
            "AWS::Batch::JobDefinition",
        ),
        check=_environment,
        standards=_NO_PLAIN_SECRETS,
    ),
    Rule(
        id="DP-SECRET-TEMPLATE",
        title="No password stands in a template or in one of its parameters.",
        rationale="Templates are committed, snapshotted and shown by DescribeStacks.",
        fix="Let Secrets Manager generate it (GenerateSecretString, ManageMasterUserPassword) or use {{resolve:…}}.",
        types=(),
        check=_parameters,
        standards=_NO_PLAIN_SECRETS,
    ),
    Rule(
        id="DP-SECRET-USERDATA",
        title="No user data holds a secret.",
        rationale="User data is readable from the instance's metadata and from the API.",
        fix="Let the instance read the secret with its role.",
        types=("AWS::EC2::Instance", "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"),
        check=_user_data,
        standards=_NO_PLAIN_SECRETS,
    ),
)
