"""Who a Lake Formation principal is: sessions stand for their role, groups for everyone in them."""

from __future__ import annotations

import functools
import re

from local.services.lakeformation.state import EVERYONE

_SESSION = re.compile(r"^arn:(?P<partition>[^:]+):sts::(?P<account>\d*):assumed-role/(?P<role>[^/]+)/.+$")
_ROLE = re.compile(r"^arn:[^:]+:iam::(?P<account>\d*):role/(?:.+/)?(?P<role>[^/]+)$")
_ROOT = re.compile(r"^(?:arn:[^:]+:(?:iam|sts)::\d*:root|\d{12})$")


def role_of(principal: str) -> str:
    """The role ARN behind an assumed-role session ARN; anything else as it is.

    Example:
        >>> role_of("arn:aws:sts::000000000000:assumed-role/analyst/ann")
        'arn:aws:iam::000000000000:role/analyst'
    """
    session = _SESSION.match(principal)
    if not session:
        return principal
    return f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"


def is_root(principal: str) -> bool:
    """Whether it is the account itself, which no Lake Formation permission limits here.

    Example:
        >>> is_root("arn:aws:iam::000000000000:root"), is_root("arn:aws:iam::000000000000:role/analyst")
        (True, False)
    """
    return not principal or bool(_ROOT.match(principal))


@functools.lru_cache(maxsize=65_536)  # each question to the catalogue asks it of each grant
def includes(granted: str, caller: str) -> bool:
    """Whether a grant to `granted` reaches `caller` (a user, role or session ARN).

    Role paths are not part of a session's ARN, so that roles match by account and name, as AWS does.

    Example:
        >>> includes("arn:aws:iam::1:role/team/analyst", "arn:aws:sts::1:assumed-role/analyst/ann")
        True
        >>> includes("IAM_ALLOWED_PRINCIPALS", "arn:aws:iam::1:user/ann")
        True
    """
    if granted == EVERYONE:
        return True
    if granted.endswith(":IAMPrincipals"):
        return f"::{granted.split(':', maxsplit=1)[0]}:" in caller
    held, called = _ROLE.match(role_of(granted)), _ROLE.match(role_of(caller))
    if held and called:
        return held.groups() == called.groups()
    return granted == caller
