"""No template holds anything that lives on and opens doors: no IAM user, no access key, no secret in plain text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = (
    "AWS::IAM::User",
    "AWS::IAM::AccessKey",
    "AWS::IAM::Group",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::UserToGroupAddition",
    "AWS::IAM::VirtualMFADevice",
)
# Properties in which CloudFormation would take a secret as text.
SECRET_PROPERTIES = {
    "SecretString",
    "MasterUserPassword",
    "LoginProfile",
    "AuthToken",
    "AdminUserPassword",
    "Password",
    "SecretAccessKey",
    "ConnectionPassword",
}
ACCESS_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
PASSWORD_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@${}]+@")
SECRET_NAME = re.compile(r"(?i)(?:password|passwd|secret|token|api_?key|private_?key|credential)s?$")
NAMES_A_SECRET = re.compile(r"(?i)_(?:arn|name|id|version|table|path)$")


def test_no_template_makes_people_or_keys_of_people(assembly):
    assert sorted(assembly.of_type(*PEOPLE)) == []


def test_the_only_key_pair_is_the_bastions_and_ec2_makes_it(assembly):
    """Nobody brings a key: EC2 keeps the private half as a SecureString that one role reads."""
    pairs = {stack: each["Properties"] for (stack, _), each in assembly.of_type("AWS::EC2::KeyPair").items()}

    assert list(pairs) == [f"dp-{assembly.environment}-bastion"]
    assert [name for each in pairs.values() for name in each if name == "PublicKeyMaterial"] == []


def test_no_template_holds_a_secret_as_text(assembly):
    assert list(_secret_texts(assembly.templates)) == []


def test_no_template_asks_for_a_secret_when_it_is_deployed(assembly):
    asked = [
        (stack, name)
        for stack, template in assembly.templates.items()
        for name, parameter in template.get("Parameters", {}).items()
        if parameter.get("NoEcho") or SECRET_NAME.search(name)
    ]

    assert asked == []


def test_no_secret_stands_in_the_environment_of_a_function_or_a_container(assembly):
    assert list(_secret_variables(assembly)) == []


def test_no_text_of_a_template_looks_like_a_key(assembly):
    found = [
        (stack, found[0])
        for stack, template in assembly.templates.items()
        for pattern in (ACCESS_KEY_ID, PRIVATE_KEY, PASSWORD_IN_URL)
        if (found := pattern.search(json.dumps(template)))
    ]

    assert found == []


def test_every_customer_key_rotates_and_no_key_is_brought_from_outside(assembly):
    keys = assembly.of_type("AWS::KMS::Key")
    still = [
        place
        for place, key in keys.items()
        if key["Properties"].get("EnableKeyRotation") is not True
        or key["Properties"].get("Origin", "AWS_KMS") != "AWS_KMS"
    ]

    assert keys
    assert still == []


def test_every_session_of_a_role_ends_within_twelve_hours(assembly):
    long = [
        place
        for place, role in assembly.of_type("AWS::IAM::Role").items()
        if role["Properties"].get("MaxSessionDuration", 3600) > 12 * 3600
    ]

    assert long == []


@pytest.mark.parametrize(
    "resource",
    [
        {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "hunter2"}},
        {"Type": "AWS::RDS::DBInstance", "Properties": {"MasterUserPassword": "hunter2"}},
        {"Type": "AWS::IAM::User", "Properties": {"LoginProfile": {"Password": "hunter2"}}},
    ],
    ids=lambda resource: resource["Type"],
)
def test_the_search_finds_a_planted_secret(resource):
    assert list(_secret_texts({"stack": {"Resources": {"Planted": resource}}}))


def _secret_texts(templates: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """A secret property with a text, other than a dynamic reference that CloudFormation resolves."""
    for stack, template in templates.items():
        for name, resource in template["Resources"].items():
            for key, value in _pairs(resource.get("Properties", {})):
                if key in SECRET_PROPERTIES and isinstance(value, str) and not value.startswith("{{resolve:"):
                    yield stack, name, key


def _secret_variables(assembly: Any) -> Iterator[tuple[str, str, str]]:
    for (stack, name), resource in assembly.resources.items():
        for key, value in _pairs(resource.get("Properties", {})):
            variables = {}
            if key == "Variables" and isinstance(value, dict):
                variables = value
            if key == "Environment" and isinstance(value, list):
                variables = {one["Name"]: one["Value"] for one in value}
            for variable in variables:
                if SECRET_NAME.search(variable) and not NAMES_A_SECRET.search(variable):
                    yield stack, name, variable


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner)
    if isinstance(value, list):
        for inner in value:
            yield from _pairs(inner)
