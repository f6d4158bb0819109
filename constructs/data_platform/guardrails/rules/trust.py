"""Trust policies: who may become a role, and from where."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from data_platform.guardrails.policy import account_of, statements
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.policy import Statement
    from data_platform.guardrails.rule import Surroundings

_ROLE = ("AWS::IAM::Role",)
_SOURCE_KEYS = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths")
# Services that send no aws:Source* key when they assume a role: a condition on one would lock them out. What keeps a
# foreign account from using them as a deputy is iam:PassRole, which never passes a role of another account.
SERVICES_WITHOUT_SOURCE: Mapping[str, str] = MappingProxyType(
    {
        "lambda.amazonaws.com": "Lambda assumes an execution role without source keys; the function must be of the "
        "role's account, since creating it needs iam:PassRole there.",
        "edgelambda.amazonaws.com": "The same as Lambda, at CloudFront's edge.",
        "ec2.amazonaws.com": "An instance profile belongs to the instance's account; EC2 sends no source keys.",
        "spotfleet.amazonaws.com": "Like EC2.",
    }
)
_SUBJECT_IS_OPEN = re.compile(r"^\*|^repo:[^:]*[*?]|:\*$|^[^*?:]*\*")


def _document(role: Resource) -> list[Statement]:
    given = statements(role.properties.get("AssumeRolePolicyDocument"))
    return [each for each in given if each.allows]


def _wildcard(role: Resource, _: Surroundings) -> Iterator[str]:
    for each in _document(role):
        if each.not_principals:
            yield "everybody but some may assume it (NotPrincipal)"
        for kind, names in each.principals.items():
            yield from (f"{kind} principal {name!r} has a wildcard" for name in names if "*" in name)


def _foreign(role: Resource, around: Surroundings) -> Iterator[str]:
    for each in _document(role):
        for principal in each.principals.get("AWS", ()):
            account = account_of(principal)
            if account is None or account == role.stack.account:
                continue
            if not around.expected.trusts(account, role.stack):
                yield f"account {account} may assume it and is in no list of trusted accounts"
            elif not any(each.condition(key) for key in ("sts:ExternalId", "aws:PrincipalOrgID")):
                yield f"account {account} may assume it without sts:ExternalId"


def _service(role: Resource, _: Surroundings) -> Iterator[str]:
    for each in _document(role):
        for service in each.principals.get("Service", ()):
            if service in SERVICES_WITHOUT_SOURCE or not each.covers("sts:AssumeRole"):
                continue
            if not any(each.condition(key) for key in _SOURCE_KEYS):
                yield f"{service} may assume it for any account: aws:SourceAccount or aws:SourceArn is missing"


def _web_identity(role: Resource, _: Surroundings) -> Iterator[str]:
    for each in _document(role):
        for provider in each.principals.get("Federated", ()):
            if not each.covers("sts:AssumeRoleWithWebIdentity"):
                continue
            issuer = provider.split(":oidc-provider/", 1)[-1]
            subjects = each.condition(f"{issuer}:sub")
            if not subjects:
                yield f"any subject of {issuer} may assume it: a condition on {issuer}:sub is missing"
            yield from (
                f"subject {subject!r} of {issuer} is open; name repository and environment or branch"
                for subject in subjects
                if _SUBJECT_IS_OPEN.search(subject)
            )
            if not each.condition(f"{issuer}:aud"):
                yield f"any audience of {issuer} may assume it: a condition on {issuer}:aud is missing"


RULES = (
    Rule(
        id="DP-TRUST-WILDCARD",
        title="No role trusts a wildcard.",
        rationale="A wildcard lets every AWS account in the world try; one forgotten condition opens the role.",
        fix="Name the service, role or account that may assume the role.",
        types=_ROLE,
        check=_wildcard,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36c", "36d", "45", "47c"),
            fsbp=("IAM.21",),
        ),
    ),
    Rule(
        id="DP-TRUST-FOREIGN",
        title="A role trusts another account only if it is listed, and with an external id.",
        rationale="Without an external id the trusted party can be talked into using the role for somebody else.",
        fix="List the account in Expectations.accounts and require sts:ExternalId (or aws:PrincipalOrgID).",
        types=_ROLE,
        check=_foreign,
        standards=Standards(ism=("P10",), cpg_234=("36d", "45", "47c", "Attachment C 4"), cis=("1.20",)),
    ),
    Rule(
        id="DP-TRUST-SERVICE",
        title="A role that a service assumes is bound to the own account or resource.",
        rationale="Otherwise the service is a confused deputy: it may act with the role for another customer.",
        fix="Add aws:SourceAccount or aws:SourceArn to the trust policy. Services that send neither are listed in "
        "SERVICES_WITHOUT_SOURCE with the reason.",
        types=_ROLE,
        check=_service,
        standards=Standards(ism=("P10",), cpg_234=("36d", "45", "47c")),
    ),
    Rule(
        id="DP-TRUST-OIDC",
        title="A role for web identities names audience and subject.",
        rationale="With only an audience, any repository of the provider (or any fork's pull request) can deploy.",
        fix="Bind <issuer>:aud, and <issuer>:sub to exactly one repository and environment or branch.",
        types=_ROLE,
        check=_web_identity,
        standards=Standards(
            ism=("P10",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36d", "45", "47c", "Attachment C 4"),
        ),
    ),
)
