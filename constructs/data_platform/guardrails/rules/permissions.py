"""What identities may do: no passing of any role, no whole services, no users with keys."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from data_platform.guardrails.attachments import documents_of, is_only_boundary
from data_platform.guardrails.policy import is_wildcard
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_HOLDERS = (
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::Group",
    "AWS::IAM::Policy",
    "AWS::IAM::ManagedPolicy",
)
_ANY_ROLE = re.compile(r"^(?:\*|arn:aws[a-z-]*:iam::[^:]*:(?:\*|role/\*.*|role\*.*))$")
_EVERYTHING = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")


def _pass_role(holder: Resource, around: Surroundings) -> Iterator[str]:
    if is_only_boundary(holder, around.estate):
        return
    for name, each in documents_of(holder):
        if each.allows and each.covers("iam:PassRole"):
            for resource in filter(_ANY_ROLE.match, each.resources):
                yield f"{name} allows iam:PassRole on {resource}"


def _administration(holder: Resource, around: Surroundings) -> Iterator[str]:
    if is_only_boundary(holder, around.estate):
        return
    for name, each in documents_of(holder):
        if not each.allows:
            continue
        if each.not_actions:
            yield f"{name} allows everything but some actions (NotAction)"
        yield from (
            f"{name} allows {action} on *"
            for action in each.actions
            if is_wildcard(action) and "*" in each.resources
        )
    for arn in holder.properties.get("ManagedPolicyArns", []):
        if str(arn).split("/")[-1] in _EVERYTHING:
            yield f"it has the managed policy {str(arn).split('/')[-1]}"


def _user(holder: Resource, _: Surroundings) -> Iterator[str]:
    yield f"{holder.type} is a long-lived identity or key"


RULES = (
    Rule(
        id="DP-IAM-PASSROLE",
        title="No policy passes any role to a service.",
        rationale="Who may pass every role can start a function under the strongest one: that is administration.",
        fix="Name the role's ARN as resource, and bind iam:PassedToService.",
        types=_HOLDERS,
        check=_pass_role,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36c", "36d", "45", "47c"),
            fsbp=("IAM.21",),
        ),
    ),
    Rule(
        id="DP-IAM-ADMIN",
        title="No policy allows a whole service, or everything but some actions, on every resource.",
        rationale="Such a right grows with each action that AWS adds, and no reviewer can say what it holds.",
        fix="List the actions and resources of the duty. A permissions boundary may be wide; it grants nothing.",
        types=_HOLDERS,
        check=_administration,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36c", "36d", "45", "47c", "Attachment C 4"),
            fsbp=("IAM.1", "IAM.21"),
            cis=("1.16",),
        ),
    ),
    Rule(
        id="DP-IAM-USER",
        title="There are no IAM users, access keys or service credentials.",
        rationale="A key that does not expire is copied once and used for years; roles give keys that last an hour.",
        fix="Use a role: of a service, of IAM Identity Center, or through OIDC.",
        types=(
            "AWS::IAM::User",
            "AWS::IAM::AccessKey",
            "AWS::IAM::UserToGroupAddition",
            "AWS::IAM::ServiceSpecificCredential",
        ),
        check=_user,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36d", "45", "47c", "Attachment C 4", "Attachment C 5"),
            fsbp=("IAM.2", "IAM.3", "IAM.22"),
            cis=("1.14", "1.15"),
        ),
    ),
)
