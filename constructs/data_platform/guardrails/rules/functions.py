"""Functions: a role for what they do, a log group that is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.guardrails.attachments import identity_statements
from data_platform.guardrails.policy import is_wildcard
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_FUNCTION = ("AWS::Lambda::Function",)


def _role(function: Resource, around: Surroundings) -> Iterator[str]:
    role = around.estate.find_typed(function.properties.get("Role"), function, "AWS::IAM::Role")
    if role is None:
        return  # another application's role
    for each in identity_statements(role, around.estate):
        if each.allows and each.not_actions:
            yield f"its role {role.logical_id} allows everything but some actions"
        yield from (
            f"its role {role.logical_id} allows {action}"
            for action in each.actions
            if each.allows and is_wildcard(action)
        )
    for arn in role.properties.get("ManagedPolicyArns", []):
        name = str(arn).split("/")[-1]
        if name.endswith("FullAccess") or name in ("AdministratorAccess", "PowerUserAccess"):
            yield f"its role {role.logical_id} has the managed policy {name}"


def _log_group(function: Resource, around: Surroundings) -> Iterator[str]:
    named = function.properties.get("LoggingConfig", {}).get("LogGroup")
    for name in (named, f"/aws/lambda/{function.name}"):
        if around.estate.find_typed(name, function, "AWS::Logs::LogGroup"):
            return
    yield "no template holds its log group: Lambda would make one without key and retention"


RULES = (
    Rule(
        id="DP-LAMBDA-ROLE",
        title="A function's role names its actions.",
        rationale="Code that reads foreign input is what an attacker reaches first; its role is what he gets.",
        fix="List the actions that the function calls, in a policy of its own.",
        types=_FUNCTION,
        check=_role,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36c", "36d", "45", "47c"),
            fsbp=("IAM.21",),
            cis=("1.16",),
        ),
    ),
    Rule(
        id="DP-LAMBDA-LOGS",
        title="A function logs to a log group of the template.",
        rationale="A log group that Lambda makes has no key, no retention and no owner.",
        fix="Pass log_group (data_platform.log_group makes one).",
        types=_FUNCTION,
        check=_log_group,
        standards=Standards(ism=("859", "1405"), cpg_234=("67", "Attachment C 7(h)")),
    ),
)
