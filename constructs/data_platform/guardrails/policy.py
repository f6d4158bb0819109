"""IAM policy documents as statements: who may do what, and to which accounts a condition narrows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ACCOUNT = re.compile(r"^(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::|$)")
_ARN_ACCOUNT = re.compile(r"^arn:aws[a-z-]*:[^:*]+:[^:]*:(\d{12}):")
_ACCOUNT_KEYS = ("aws:principalaccount", "aws:sourceaccount", "kms:calleraccount", "aws:resourceaccount")
_ARN_KEYS = ("aws:principalarn", "aws:sourcearn")
# Conditions that narrow `*` to callers of an organisation or a private network.
_NARROWING_KEYS = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
)
_POSITIVE = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy document.

    Args:
        sid: Its name in the document, which may be empty.
        allows: Whether it allows; else it denies.
        actions: Actions it names.
        not_actions: Actions it leaves out of everything.
        resources: Resources it names.
        principals: Principals by kind: AWS, Service, Federated; `*` is kept under AWS.
        not_principals: Whether it names everybody but some.
        conditions: Values by operator and key, both in lower case.
    """

    sid: str
    allows: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    not_principals: bool
    conditions: Mapping[tuple[str, str], tuple[str, ...]]

    def covers(self, action: str) -> bool:
        """Whether the statement's actions include this one."""
        if self.not_actions:
            return not any(_matches(action, each) for each in self.not_actions)
        return any(_matches(action, each) for each in self.actions)

    def condition(self, key: str) -> tuple[str, ...]:
        """The values to which the statement binds a condition key; empty when it binds it to none."""
        return tuple(
            value
            for (operator, name), values in self.conditions.items()
            if name == key.lower() and operator in _POSITIVE
            for value in values
        )

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts to which conditions narrow it; `*` among them where a pattern leaves the account open."""
        found = {value for key in _ACCOUNT_KEYS for value in self.condition(key)}
        for key in _ARN_KEYS:
            for value in self.condition(key):
                match = _ARN_ACCOUNT.match(value)
                # An S3 bucket's ARN names no account; the condition on its ARN still names one resource.
                if match:
                    found.add(match[1])
                elif not (value.startswith("arn:aws:s3:::") and "*" not in value.removesuffix("*")):
                    found.add("*")
        return frozenset(found)

    @property
    def is_narrowed(self) -> bool:
        """Whether a condition keeps it from being meant for everybody."""
        bound = any(self.condition(key) and "*" not in self.condition(key) for key in _NARROWING_KEYS)
        by_account = self.accounts
        named = any(self.condition(key) for key in (*_ACCOUNT_KEYS, *_ARN_KEYS))
        return bound or (named and not any("*" in account for account in by_account))


def statements(document: Any) -> Iterator[Statement]:
    """The statements of a policy document whose references are followed.

    Example:
        >>> [one] = statements({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Principal": "*"}})
        >>> one.covers("s3:GetObject"), one.principals
        (True, {'AWS': ('*',)})
    """
    if not isinstance(document, dict):
        return
    for each in listed(document.get("Statement")):
        principal = each.get("Principal", each.get("NotPrincipal", {}))
        yield Statement(
            sid=str(each.get("Sid", "")),
            allows=each.get("Effect") == "Allow",
            actions=texts(each.get("Action")),
            not_actions=texts(each.get("NotAction")),
            resources=texts(each.get("Resource", each.get("NotResource"))),
            principals={"AWS": ("*",)}
            if principal == "*"
            else {kind: texts(value) for kind, value in principal.items()},
            not_principals="NotPrincipal" in each,
            conditions={
                (operator.lower(), key.lower()): texts(value)
                for operator, keys in each.get("Condition", {}).items()
                for key, value in keys.items()
            },
        )


def account_of(principal: str) -> str | None:
    """The account of an AWS principal; None for `*` and for what names no account.

    Example:
        >>> account_of("arn:aws:iam::111111111111:root"), account_of("222222222222"), account_of("*")
        ('111111111111', '222222222222', None)
    """
    match = ACCOUNT.match(principal)
    return match[1] if match else None


def is_wildcard(action: str) -> bool:
    """Whether an action means a whole service or everything: `*`, `s3:*`."""
    return action in ("*", "*:*") or action.endswith(":*")


def listed(value: Any) -> list[Any]:
    """A value as a list: nothing as an empty one, a single value as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> tuple[str, ...]:
    """A value as texts; truth values as policies write them."""
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed(value))


def _matches(action: str, pattern: str) -> bool:
    return fnmatchcase(action.lower(), pattern.lower())


def any_covers(given: Iterable[Statement], action: str) -> bool:
    """Whether one of the statements allows the action."""
    return any(each.allows and each.covers(action) for each in given)
