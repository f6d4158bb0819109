"""A wildcard in a right stands only where a finding for exactly it was accepted."""

from __future__ import annotations

import json

POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def test_every_wildcard_of_a_right_is_accepted_by_name(assembly):
    accepted = {rule for _, rule in assembly.acknowledgements if "-IAM5[" in rule}
    unexplained = [
        f"{stack}/{logical_id}: {wildcard}"
        for (stack, logical_id), resource in assembly.resources.items()
        for statement in _statements(resource)
        for wildcard in _wildcards(statement)
        if not any(_tail(wildcard) in rule for rule in accepted)
    ]

    assert unexplained == []


def test_no_role_may_do_everything_of_a_service(assembly):
    whole_services = [
        f"{stack}/{logical_id}: {action}"
        for (stack, logical_id), resource in assembly.resources.items()
        for statement in _statements(resource)
        for action in _listed(statement.get("Action", []))
        if statement["Effect"] == "Allow" and (action == "*" or action.endswith(":*"))
    ]

    assert whole_services == []


def test_no_role_has_an_inline_policy(assembly):
    assert [
        place
        for place, role in assembly.of_type("AWS::IAM::Role").items()
        if "Policies" in role["Properties"]
    ] == []


def _statements(resource):
    if resource["Type"] in POLICIES:
        return resource["Properties"]["PolicyDocument"]["Statement"]
    return []


def _wildcards(statement):
    if statement["Effect"] != "Allow":
        return []
    texts = [*_listed(statement.get("Action", [])), *_listed(statement.get("Resource", []))]
    return [text for text in map(_text, texts) if "*" in text]


def _text(value):
    """A value as text, as cdk-nag has it: policy variables, and what only CloudFormation knows, in angle brackets."""
    if isinstance(value, str):
        return value.replace("${", "<").replace("}", ">")
    if "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(map(_text, parts))
    return f"<{json.dumps(value)}>" if "Ref" in value or "Fn::GetAtt" in value else json.dumps(value)


def _tail(text):
    """The part after the last unknown value: what the accepted finding must contain."""
    return text.rsplit("}>", 1)[-1]


def _listed(value):
    return value if isinstance(value, list) else [value]
