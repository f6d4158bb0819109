"""Grants by attribute: the Cedar expressions that match tags of whoever asks, as Lake Formation takes them.

A grant to `<account>:IAMPrincipals` reaches those principals of the account whose tags (of the role or of the
session) its condition matches. Of Cedar, terms joined by `&&` are understood: one value an attribute.
Source: docs.aws.amazon.com/lake-formation/latest/dg/attribute-based-access-control.html.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_HAS = re.compile(r'context\.iam\.principalTags\.hasTag\("(?P<key>[^"\\]+)"\)')
_IS = re.compile(r'context\.iam\.principalTags\.getTag\("(?P<key>[^"\\]+)"\)\s*==\s*"(?P<value>[^"\\]*)"')
_GROUP = ":IAMPrincipals"


def require_valid(principal: str, request: dict[str, Any]) -> None:
    """Refuse a condition that Lake Formation would refuse, or that this emulator cannot read.

    Raises:
        Refusal: for a condition on a named principal, with the grant option, or outside the part of Cedar that
            is understood.
    """
    expression = expression_of(request)
    if expression and not principal.endswith(_GROUP):
        raise Refusal(
            "InvalidInputException", f"A condition needs the principal <account>{_GROUP}, not {principal}."
        )
    if expression and request.get("PermissionsWithGrantOption"):
        raise Refusal("InvalidInputException", "Grantable permissions are not available with a condition.")
    for term in _terms(expression):
        if not _HAS.fullmatch(term) and not _IS.fullmatch(term):
            raise Refusal(
                "InvalidInputException",
                f"The condition {term!r} is not understood. The embedded AWS takes "
                'context.iam.principalTags.hasTag("k") and context.iam.principalTags.getTag("k") == "v", joined by &&.',
            )


def expression_of(entry: dict[str, Any]) -> str:
    """The expression of a request or an entry; empty without one."""
    return str((entry.get("Condition") or {}).get("Expression") or "").strip()


def holds(expression: str, tags: Mapping[str, str]) -> bool:
    """Whether a principal with these tags matches.

    Example:
        >>> ann = 'context.iam.principalTags.getTag("requester") == "ann@example.com"'
        >>> holds(ann, {"requester": "ann@example.com"}), holds(ann, {"requester": "bob@example.com"}), holds(ann, {})
        (True, False, False)
    """
    for term in _terms(expression):
        has, equals = _HAS.fullmatch(term), _IS.fullmatch(term)
        if has and has["key"] not in tags:
            return False
        if equals and tags.get(equals["key"]) != equals["value"]:
            return False
    return True


def reaches(entry: dict[str, Any], principal_arn: str) -> bool:
    """Whether the condition of a grant, if it has one, matches a user, a role or every live session of that name."""
    expression = expression_of(entry)
    if not expression:
        return True
    sessions = _tags_of_sessions(principal_arn)
    of_role = _tags_of_entity(principal_arn)
    return all(holds(expression, of_role | tags) for tags in sessions or [{}])


def _terms(expression: str) -> list[str]:
    return [term.strip() for term in expression.split("&&")] if expression else []


def _tags_of_sessions(arn: str) -> list[dict[str, str]]:
    """Sessions of one role and name have one ARN: only what all of them carry counts, so that none borrows."""
    from ministack.services import sts

    now = time.time()
    return [
        _as_mapping(session.get("SessionTags"))
        for session in list(sts._sessions.values())
        if session.get("Arn") == arn and float(session.get("Expiration") or 0) > now
    ]


def _tags_of_entity(arn: str) -> dict[str, str]:
    from ministack.services import iam

    from local.services.iam import role_arn_of

    parts = role_arn_of(arn).split(":")
    kind, _, name = parts[-1].partition("/")
    store = {"role": iam._roles, "user": iam._users}.get(kind)
    found = store.get_scoped(parts[4], None, name.rsplit("/", 1)[-1]) if store is not None else None
    return _as_mapping((found or {}).get("Tags"))


def _as_mapping(tags: list[dict[str, str]] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags or []}
