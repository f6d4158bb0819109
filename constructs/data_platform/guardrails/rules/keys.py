"""Customer keys: who they trust, that they rotate, and that each service that needs one is let in."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from data_platform.guardrails.key_edges import key_edges
from data_platform.guardrails.policy import account_of, statements
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_KEY = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")


def _beyond_account(key: Resource, around: Surroundings) -> Iterator[str]:
    for each in statements(key.properties.get("KeyPolicy")):
        if not each.allows:
            continue
        if each.not_principals:
            yield f"statement {each.sid!r} allows everybody but some (NotPrincipal)"
        for principal in each.principals.get("AWS", ()):
            account = account_of(principal)
            if account is None and "*" in principal and not each.is_narrowed:
                yield f"statement {each.sid!r} allows {', '.join(each.actions)} to everybody ({principal})"
            elif account and not around.expected.trusts(account, key.stack):
                yield f"statement {each.sid!r} allows {', '.join(each.actions)} to account {account}"
        for account in each.accounts:
            if account != "*" and not around.expected.trusts(account, key.stack):
                yield f"statement {each.sid!r} lets account {account} in by a condition"


def _rotation(key: Resource, _: Surroundings) -> Iterator[str]:
    symmetric = key.properties.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    ours = key.type == "AWS::KMS::Key" and key.properties.get("Origin", "AWS_KMS") == "AWS_KMS"
    if symmetric and ours and str(key.properties.get("EnableKeyRotation", "")).lower() != "true":
        yield "EnableKeyRotation is not true"


def _edges(key: Resource, around: Surroundings) -> Iterator[str]:
    given = [each for each in statements(key.properties.get("KeyPolicy")) if each.allows]
    for edge in key_edges(around.estate):
        if edge.key is not key:
            continue
        allowed = {
            action
            for action in edge.actions
            for each in given
            if each.covers(action)
            and any(fnmatchcase(edge.service, name) for name in each.principals.get("Service", ()))
        }
        missing = [action for action in edge.actions if action not in allowed]
        if missing:
            yield f"{edge.user.logical_id} needs {', '.join(missing)} for {edge.service}, which the policy lacks"


RULES = (
    Rule(
        id="DP-KMS-FOREIGN",
        title="A key's policy trusts nobody beyond its account, but for accounts that are listed.",
        rationale="Whoever may decrypt has the data: a key policy alone can give that to a foreign account.",
        fix="Name principals of the account, or list the account in Expectations.accounts after review.",
        types=_KEY,
        check=_beyond_account,
        standards=Standards(
            ism=("459",),
            essential_eight=("Restrict administrative privileges",),
            cpg_234=("36d", "45", "Attachment E 1(a)(b)(d)"),
            fsbp=("KMS.5",),
        ),
    ),
    Rule(
        id="DP-KMS-ROTATION",
        title="A symmetric key rotates every year.",
        rationale="Rotation bounds how much data one piece of key material protects.",
        fix="Set enable_key_rotation=True.",
        types=("AWS::KMS::Key",),
        check=_rotation,
        standards=Standards(cpg_234=("Attachment E 4", "Attachment E 5(d)"), fsbp=("KMS.4",), cis=("3.6",)),
    ),
    Rule(
        id="DP-KMS-EDGE",
        title="A key's policy lets in every service that uses the key in its own name.",
        rationale="CDK leaves these statements out: the log, the trail or the alarm's message is lost silently.",
        fix="Allow the service principal the named actions in the key's policy, for the own account only.",
        types=("AWS::KMS::Key",),
        check=_edges,
        standards=Standards(
            ism=("586", "1405"), cpg_234=("36j", "67", "Attachment C 7(h)"), fsbp=("CloudTrail.2", "SNS.1")
        ),
    ),
)
