"""Who called: the `userIdentity` of an event."""

from __future__ import annotations

import time
from typing import Any

from local import identity

ATHENA = "athena.amazonaws.com"
"""The only service of this server that calls others with its caller's own credentials."""


_known: dict[tuple[str, str, bool], dict[str, Any]] = {}


def known_identity(access_key: str, *, account: str, internal: bool) -> dict[str, Any]:
    """As `user_identity`, found once a batch: many calls have few callers. The answer must not be changed."""
    asked = (access_key, account, internal)
    if asked not in _known:
        _known[asked] = user_identity(access_key, account=account, internal=internal)
    return _known[asked]


def forget() -> None:
    """Look again from now on: roles change, sessions end."""
    _known.clear()


def user_identity(access_key: str, *, account: str, internal: bool) -> dict[str, Any]:
    """The caller, as AWS describes it.

    Args:
        access_key: The key that signed the call; empty for nobody.
        account: The account that was called.
        internal: Whether a service of this server made the call.
    """
    from ministack.core import iam_evaluator

    if not access_key:
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    found = iam_evaluator.resolve_caller_identity(access_key)
    if found is None:
        return {"type": "Unknown", "accountId": account, "accessKeyId": access_key}
    arn = str(found["userArn"])
    if arn.endswith(":root"):
        return _root(arn, access_key, account, internal=internal)
    known = {
        "principalId": found["userId"],
        "arn": arn,
        "accountId": found["accountId"],
        "accessKeyId": access_key,
    }
    if ":assumed-role/" not in arn:
        return {"type": "IAMUser", **known, "userName": arn.rsplit("/", 1)[-1]}
    service = {"invokedBy": identity.invoking_service(access_key) or ATHENA} if internal else {}
    return {"type": "AssumedRole", **known, "sessionContext": _session(found), **service}


def address(identity_of_caller: dict[str, Any], source_ip: str) -> str:
    """Where the call came from: an address, or the service that made it."""
    return str(identity_of_caller.get("invokedBy") or source_ip)


def _root(arn: str, access_key: str, account: str, *, internal: bool) -> dict[str, Any]:
    if internal:  # what AWS does by itself: no customer's credentials are behind it
        return {"type": "AWSService", "invokedBy": "internal.amazonaws.com"}
    return {
        "type": "Root",
        "principalId": account,
        "arn": arn,
        "accountId": account,
        "accessKeyId": access_key,
    }


def _session(found: dict[str, Any]) -> dict[str, Any]:
    from ministack.services import iam

    name = str(found["userArn"]).split(":assumed-role/", 1)[1].partition("/")[0]
    role = iam._roles.get_scoped(found["accountId"], None, name) or {}
    began = float((found.get("session") or {}).get("IssuedAt") or time.time())
    return {
        "sessionIssuer": {
            "type": "Role",
            "principalId": str(found["userId"]).partition(":")[0],
            "arn": role.get("Arn") or f"arn:aws:iam::{found['accountId']}:role/{name}",
            "accountId": found["accountId"],
            "userName": name,
        },
        "attributes": {
            "creationDate": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(began)),
            "mfaAuthenticated": "false",
        },
    }
