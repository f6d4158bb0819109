"""Trust policies and credentials: may this service assume this role, and with which keys does it then act."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[^/]+)")
_NOT_IN_A_SESSION_NAME = re.compile(r"[^\w+=,.@-]")


class AccessDenied(PermissionError):
    """A principal may not do this; the text is the one that AWS would answer."""


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """One set of AWS credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


def session_name(wanted: str) -> str:
    """`wanted` as STS accepts it: 2 to 64 characters of its alphabet.

    Example:
        >>> session_name("execution:run 1")
        'execution-run-1'
    """
    return _NOT_IN_A_SESSION_NAME.sub("-", wanted)[:64].ljust(2, "-")


def require_service_may_assume(role_arn: str, service_principal: str, source_arn: str | None = None) -> None:
    """Refuse unless the role exists and its trust policy lets the service assume it.

    With authorisation off (`--no-auth`) only the form of the ARN is checked, as stock STS does.

    Raises:
        AccessDenied: with the text that the assuming service shows in AWS.
    """
    account, name = _parts(role_arn)
    if not _authorisation_on():
        return
    role = _role(account, name)
    if role is None or not _trusts(role, account, service_principal, role_arn, source_arn):
        raise AccessDenied(
            f"User: {service_principal} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
            + ("" if role else " (the role does not exist)")
        )


def issue_credentials(role_arn: str, name: str, *, seconds: int, policy: str = "") -> Credentials:
    """Register temporary credentials of the role with STS, without a trust check (made before).

    A session policy (JSON) limits them.
    """
    from ministack.services import iam, sts

    account, role_name = _parts(role_arn)
    made = Credentials(
        access_key_id=iam._gen_session_access_key(),
        secret_access_key=iam._gen_secret(),
        session_token=iam._gen_session_token(),
    )
    record: dict[str, Any] = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
        "UserId": f"{sts._role_id(role_arn)}:{name}",
        "SecretAccessKey": made.secret_access_key,
        "SessionToken": made.session_token,
        "Expiration": time.time() + seconds,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
        "SessionTags": [],
        "SessionPolicies": {"Policy": policy, "PolicyArns": []} if policy else None,
    }
    sts.register_session(made.access_key_id, record)
    return made


def credentials_of(access_key_id: str) -> Credentials:
    """The stored credentials behind an access key: root key, IAM user or temporary session.

    Raises:
        AccessDenied: the key is unknown here, inactive or expired.
    """
    from ministack.core import iam_evaluator
    from ministack.core.responses import _account_from_sts_session, get_account_id

    account = (
        (access_key_id if re.fullmatch(r"\d{12}", access_key_id) else None)
        or _account_from_sts_session(access_key_id)
        or iam_evaluator.find_iam_access_key_account(access_key_id)
        or get_account_id()
    )
    found = iam_evaluator.resolve_credential(access_key_id, account)
    if isinstance(found, iam_evaluator.CredentialResolutionError):
        raise AccessDenied(f"{found.code}: {found.message} (access key {access_key_id})")
    return Credentials(
        access_key_id=found.access_key_id or account,
        secret_access_key=found.secret_access_key,
        session_token=found.session_token,
    )


def is_issued(access_key_id: str) -> bool:
    """Whether this temporary key is known to STS and not expired (a reset of the server forgets all)."""
    from ministack.services import sts

    session = sts._sessions.get(access_key_id)
    return session is not None and not sts._session_expired(session)


def expiry_file() -> Path:
    """Temporary keys, a line each, that expire now; tests write it instead of waiting for an hour."""
    return _expiry_file(os.environ.get("STATE_DIR", "."))


@functools.cache  # each request looks
def _expiry_file(state_dir: str) -> Path:
    return Path(state_dir).parent / "expired-keys"


def expire_when_told(access_key_id: str) -> None:
    """Let the session of a key that `expiry_file` names be over; every service then answers as to any expired one."""
    from ministack.services import sts

    session = sts._sessions.get(access_key_id)
    if session is None:
        return
    with contextlib.suppress(OSError):
        if access_key_id in expiry_file().read_text(encoding="ascii").split():
            session["Expiration"] = 0.0


def _authorisation_on() -> bool:
    from ministack import app

    return bool(app.AUTH)


def _parts(role_arn: str) -> tuple[str, str]:
    found = _ROLE_ARN.fullmatch(role_arn or "")
    if found is None:
        raise AccessDenied(
            f"{role_arn!r} is not the ARN of a role; it must look like arn:aws:iam::<account>:role/<name>"
        )
    return found["account"], found["name"]


def _role(account: str, name: str) -> dict[str, Any] | None:
    from ministack.services import iam

    role: dict[str, Any] | None = iam._roles.get_scoped(account, None, name)
    return role


def _trusts(role: dict[str, Any], account: str, service: str, role_arn: str, source_arn: str | None) -> bool:
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region

    document = role.get("AssumeRolePolicyDocument", "{}")
    document = json.loads(document) if isinstance(document, str) else document
    caller = f"arn:aws:iam::{account}:aws-service/{service}"
    context = iam_evaluator.EvalContext(
        principal_arn=caller,
        principal_type="Service",
        principal_account=account,
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        secure_transport=True,
        service_context={"aws:sourceaccount": account}
        | ({"aws:sourcearn": source_arn} if source_arn else {}),
    )
    return bool(iam_evaluator.evaluate_trust_policy(_naming(document, service), caller, context))


def _naming(document: dict[str, Any], service: str) -> dict[str, Any]:
    """The statements that name the service, rewritten to match whoever is asked about.

    ministack lets a `Service` principal match the account root and nothing else: the name is checked here.
    """
    statements = document.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    return {"Statement": [{**s, "Principal": "*"} for s in statements if _names(s.get("Principal"), service)]}


def _names(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    named = principal.get("Service", []) if isinstance(principal, dict) else []
    named = [named] if isinstance(named, str) else named
    return service.lower() in {str(name).lower() for name in named}
