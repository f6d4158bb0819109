"""Which statements an identity really has: inline, attached in its own stack, or attached from another."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from data_platform.guardrails.policy import Statement, listed, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Estate, Resource

_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy")


def documents_of(holder: Resource) -> Iterator[tuple[str, Statement]]:
    """The statements that stand in one resource, each with the name of its policy."""
    properties = holder.properties
    for each in statements(properties.get("PolicyDocument")):
        yield properties.get("PolicyName", properties.get("ManagedPolicyName", "the policy")), each
    for policy in listed(properties.get("Policies")):
        if isinstance(policy, dict):
            for each in statements(policy.get("PolicyDocument")):
                yield f"inline policy {policy.get('PolicyName', '')}", each


def policies_of(role: Resource, estate: Estate) -> list[Resource]:
    """The policy resources of the estate that are attached to a role, from either side."""
    attached = [
        estate.find_typed(arn, role, *_POLICIES) for arn in role.properties.get("ManagedPolicyArns", [])
    ]
    return [*(policy for policy in attached if policy), *_attached_by_policy(estate).get(role, ())]


def identity_statements(role: Resource, estate: Estate) -> list[Statement]:
    """Everything that a role is allowed or denied by policies of the estate, boundaries left out."""
    return [each for holder in (role, *policies_of(role, estate)) for _, each in documents_of(holder)]


def is_only_boundary(policy: Resource, estate: Estate) -> bool:
    """Whether a policy bounds roles and is attached to none, so that it grants nothing."""
    bounded, attached = _uses(estate)
    return policy in bounded and policy not in attached


@lru_cache(maxsize=2)
def _attached_by_policy(estate: Estate) -> dict[Resource, list[Resource]]:
    """Policies by the role that they name themselves."""
    found: dict[Resource, list[Resource]] = {}
    for policy in estate.of_type(*_POLICIES):
        for name in (*listed(policy.properties.get("Roles")), *listed(policy.properties.get("RoleName"))):
            role = estate.find_typed(name, policy, "AWS::IAM::Role")
            if role:
                found.setdefault(role, []).append(policy)
    return found


@lru_cache(maxsize=2)
def _uses(estate: Estate) -> tuple[frozenset[Resource], frozenset[Resource]]:
    bounded, attached = set(), set()
    for role in estate.of_type("AWS::IAM::Role", "AWS::IAM::User"):
        boundary = estate.find_typed(role.properties.get("PermissionsBoundary"), role, *_POLICIES)
        if boundary:
            bounded.add(boundary)
        attached.update(policies_of(role, estate))
    for policy in estate.of_type(*_POLICIES):
        if policy.properties.get("Users") or policy.properties.get("Groups"):
            attached.add(policy)
    return frozenset(bounded), frozenset(attached)
