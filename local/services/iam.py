"""IAM: condition keys and policy variables of a session as AWS sets them, and boundaries from templates."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from local import hooks

_TYPE = "AWS::IAM::Role"
_VARIABLE = re.compile(r"\$\{(?P<key>[\w:/.+=@-]+)\}")
_Conditions = dict[str, dict[str, Any]]


def install() -> None:
    """Correct `aws:PrincipalArn`, add the keys that tell services from callers, act on variables and boundaries."""
    _correct_condition_keys()
    _act_on_variables()
    _act_on_boundaries()


def role_arn_of(principal_arn: str) -> str:
    """The role behind an assumed-role ARN, with its path; any other ARN as it is.

    Policies compare `aws:PrincipalArn` with the role, not with the session.
    """
    from ministack.core import iam_evaluator
    from ministack.services import iam

    name = (
        iam_evaluator._role_name_from_assumed_arn(principal_arn) if ":assumed-role/" in principal_arn else ""
    )
    if not name:
        return principal_arn
    account = principal_arn.split(":")[4]
    role = iam._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{account}:role/{name}"


def _correct_condition_keys() -> None:
    from ministack.core import iam_evaluator

    def resolve(key: str, ctx: Any) -> Any:
        name = key.lower()
        if name == "aws:principalarn":
            return role_arn_of(ctx.principal_arn)
        found = old(key, ctx)
        if found is None and name in ("aws:principalisawsservice", "aws:viaawsservice"):
            return "false"
        if found is None and name == "kms:calleraccount":
            return ctx.principal_account
        return found

    old = hooks.replace(iam_evaluator, "_resolve_condition_key", resolve, parameters="key ctx")


def _act_on_variables() -> None:
    """Ministack compares `${aws:SourceIdentity}` letter by letter; AWS puts the session's value in its place.

    So it is in conditions and in resources. A resource with a variable that has no value names nothing.
    Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
    """
    from ministack.core import iam_evaluator

    def met(conditions: _Conditions, ctx: Any) -> bool:
        return bool(old(with_values(conditions, ctx), ctx))

    def first_match(ctx: Any, stmts: list[Any], effect: str) -> Any:
        fitting = [
            one
            for one in stmts
            if one.effect == effect
            and iam_evaluator._action_matches(ctx.action, one.actions, one.not_actions)
        ]
        return match(ctx, [with_resources(one, ctx) for one in fitting], effect)

    old = hooks.replace(iam_evaluator, "_conditions_met", met, parameters="conditions ctx")
    match = hooks.replace(iam_evaluator, "_first_match", first_match, parameters="ctx stmts effect")


def with_values(conditions: _Conditions, ctx: Any) -> _Conditions:
    """The condition block with its policy variables replaced; one without a value stays and so matches nothing."""
    if "${" not in repr(conditions):  # most have none, and each request asks for many
        return conditions or {}

    def replaced(expected: Any) -> Any:
        if isinstance(expected, list):
            return [replaced(one) for one in expected]
        return _with_values(expected, ctx) if isinstance(expected, str) else expected

    return {
        operator: {key: replaced(expected) for key, expected in keys.items()}
        if isinstance(keys, dict)
        else keys
        for operator, keys in (conditions or {}).items()
    }


def with_resources(statement: Any, ctx: Any) -> Any:
    """The statement with the policy variables of its resources replaced; without a value a resource is empty."""
    named = (*statement.resources, *statement.not_resources)
    if not any(_VARIABLE.search(resource) for resource in named):
        return statement

    def replaced(resources: list[str]) -> list[str]:
        return ["" if _VARIABLE.search(now) else now for now in (_with_values(one, ctx) for one in resources)]

    return dataclasses.replace(
        statement,
        resources=replaced(statement.resources),
        not_resources=replaced(statement.not_resources),
    )


def _with_values(text: str, ctx: Any) -> str:
    """The text with its policy variables replaced; one without a value stays."""
    from ministack.core import iam_evaluator

    def value(found: re.Match[str]) -> str:
        known = iam_evaluator._resolve_condition_key(found["key"], ctx)
        return found[0] if known is None or isinstance(known, list) else str(known)

    return _VARIABLE.sub(value, text)


def _act_on_boundaries() -> None:
    """Ministack evaluates boundaries, but drops the property when a template sets it."""
    from ministack.services import iam
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, properties, stack_name)
        _set_boundary(iam._roles[made[0]], properties)
        return made

    def updated(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str, *rest: Any, **named: Any
    ) -> Any:
        made = update(physical_id, old, new, stack_name, *rest, **named)
        _set_boundary(iam._roles[made[0]], new)
        return made

    handlers |= {"create": created, "update": updated}


def _set_boundary(role: dict[str, Any], properties: dict[str, Any]) -> None:
    boundary = properties.get("PermissionsBoundary")
    if boundary:
        role["PermissionsBoundary"] = boundary
    else:
        role.pop("PermissionsBoundary", None)
