"""The boundary is as wide as the duties and no wider, and every role has it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from data_platform.access import boundary, boundary_statements
from data_platform.access.duties import CAPTURING, DUTIES, NEVER


def test_every_role_has_the_boundary_of_its_environment(resources: dict[str, dict[str, Any]]) -> None:
    roles = {name: each for name, each in resources.items() if each["Type"] == "AWS::IAM::Role"}
    environment = next(iter(roles)).split("-")[1]
    without = [
        name
        for name, role in roles.items()
        if not str(role["Properties"].get("PermissionsBoundary")).endswith(
            f"policy/dp-{environment}-boundary"
        )
    ]
    assert roles
    assert without == []


def test_no_duty_uses_an_action_that_the_boundary_lacks(resources: dict[str, dict[str, Any]]) -> None:
    (boundary_policy,) = (
        resource["Properties"]["PolicyDocument"]
        for name, resource in resources.items()
        if "-boundary/" in name and resource["Type"] == "AWS::IAM::ManagedPolicy"
    )

    assert sorted(_used(resources) - _actions(boundary_policy)) == [], (
        "add these to access/duties.py, or take them from the policy"
    )


def test_the_boundary_holds_no_action_that_no_duty_uses(
    production: dict[str, dict[str, Any]], development: dict[str, dict[str, Any]]
) -> None:
    everything = DUTIES | CAPTURING  # what STREAMING holds is of brokers of every kind, see tests/compliance

    assert sorted(everything - _used(production) - _used(development)) == [], (
        "take these from access/duties.py"
    )


def test_the_boundary_names_every_action_in_full() -> None:
    assert [action for action in DUTIES if "*" in action] == []


def test_nothing_is_both_a_duty_and_forbidden() -> None:
    assert sorted(DUTIES & NEVER) == []


def test_a_boundary_that_iam_would_refuse_is_refused_at_synth() -> None:
    many = [f"ap-southeast-{number}" for number in range(1000)]
    with pytest.raises(boundary.BoundaryTooLargeError, match=r"access/duties\.py"):
        boundary.RoleBoundary(cdk.Stack(), "Boundary", prefix="dp-dev", regions=many)


def test_the_boundary_closes_regions_that_are_not_listed() -> None:
    deny = boundary_statements(["ap-southeast-2"])[-1].to_json()
    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"StringNotEquals": {"aws:RequestedRegion": ["ap-southeast-2"]}} or deny[
        "Condition"
    ] == {"StringNotEquals": {"aws:RequestedRegion": "ap-southeast-2"}}


def _used(resources: dict[str, dict[str, Any]]) -> set[str]:
    """Every action that a policy of a role allows."""
    used: set[str] = set()
    for name, resource in resources.items():
        if "-boundary/" in name:
            continue
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            used |= _actions(properties["PolicyDocument"])
        for inline in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            used |= _actions(inline["PolicyDocument"])
    return used


def _actions(document: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            found |= {actions} if isinstance(actions, str) else set(actions)
    return found
