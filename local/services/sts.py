"""STS: a session is never longer than its role allows, and carries the source identity of whoever began it."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from local import hooks

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT_SECONDS = 3600
_SHORTEST_SECONDS = 900
_IDENTITY = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_KEY = re.compile(rb"<AccessKeyId>(?P<key>[^<]+)</AccessKeyId>|\"AccessKeyId\":\s*\"(?P<json>[^\"]+)\"")
_OK = 200


def install() -> None:
    """Check `DurationSeconds` and `SourceIdentity` of AssumeRole, and remember the identity with the session."""
    from ministack.services import sts

    old = hooks.replace(sts, "handle_request", None, parameters="method path headers body query_params")

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        given = _parameters(headers, body, query_params)
        problem = _problem(given)
        if problem:
            return sts._error(400, "ValidationError", problem, ns="sts")
        identity, refusal = _source_identity(given, headers, query_params)
        if refusal:
            return sts._error(403, "AccessDenied", refusal, ns="sts")
        answer = await old(method, path, headers, body, query_params)
        if identity and answer[0] == _OK:
            _remember(answer[2], identity)
        return answer

    sts.handle_request = handle_request
    hooks.replace(sts, "_evict_expired_sessions", forget_expired, parameters="")
    _add_condition_key()


def forget_expired() -> None:
    """Forget the sessions that are over.

    Requests and threads of services begin sessions at any time, so that a copy is looked through: a dictionary that
    another thread adds to cannot be.
    """
    from ministack.services import sts

    now = time.time()
    for key, session in sts._sessions.copy().items():
        over = session.get("Expiration")
        if isinstance(over, int | float) and now > over:
            sts._sessions.pop(key, None)


def _add_condition_key() -> None:
    """`aws:SourceIdentity` for every request of a session that carries one, STS's own requests included."""
    from ministack.core import iam_evaluator
    from ministack.services import sts

    def keys(credential: Any) -> dict[str, Any]:
        found: dict[str, Any] = dict(old(credential))
        identity = (sts._sessions.get(credential.access_key_id) or {}).get("SourceIdentity")
        return found | ({"aws:sourceidentity": identity} if identity else {})

    old = hooks.replace(iam_evaluator, "_principal_keys", keys, parameters="credential")
    hooks.replace(sts, "_principal_keys", keys)


def _source_identity(given: Mapping[str, str], headers: Any, query_params: Any) -> tuple[str, str]:
    """The identity that a new session will carry, and why it may not be issued (both empty otherwise).

    The first session of a chain sets it and no later one can change it; the role's trust policy must allow
    `sts:SetSourceIdentity` to whoever hands it on. Source: docs.aws.amazon.com/IAM/latest/UserGuide/
    id_credentials_temp_control-access_monitor.html.
    """
    if given.get("Action") != "AssumeRole":
        return "", ""
    from ministack.core import iam_evaluator
    from ministack.services import sts

    caller = sts._caller_identity(headers, query_params)
    if isinstance(caller, iam_evaluator.CredentialResolutionError):
        return "", ""  # ministack refuses it in its own words
    inherited = str((sts._sessions.get(caller["accessKey"]) or {}).get("SourceIdentity") or "")
    wanted = given.get("SourceIdentity", "")
    if wanted and not _IDENTITY.fullmatch(wanted):
        return "", f"Value '{wanted}' at 'sourceIdentity' failed to satisfy constraint: [\\w+=,.@-]{{2,64}}"
    if inherited and wanted not in ("", inherited):
        return "", f"The source identity {inherited} of the calling session cannot be changed to {wanted}."
    identity = wanted or inherited
    if identity and not _may_set(caller, given, identity):
        return "", (
            f"User: {caller['userArn']} is not authorized to perform: sts:SetSourceIdentity on resource: "
            f"{given.get('RoleArn', '')}"
        )
    return identity, ""


def _may_set(caller: Mapping[str, Any], given: Mapping[str, str], identity: str) -> bool:
    """Whether the role's trust policy allows it."""
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_region

    role = _role(given.get("RoleArn", ""))
    if not app.AUTH or role is None:
        return True
    context = iam_evaluator.EvalContext(
        principal_arn=caller["userArn"],
        principal_type=caller["principalType"],
        principal_account=caller["accountId"],
        action="sts:SetSourceIdentity",
        resource_arn=given["RoleArn"],
        region=get_region(),
        service_context={
            "sts:sourceidentity": identity,
            "sts:rolesessionname": given.get("RoleSessionName", ""),
        },
        principal_keys=caller["principalKeys"],
    )
    return bool(
        iam_evaluator.evaluate_trust_policy(role["AssumeRolePolicyDocument"], caller["userArn"], context)
    )


def _remember(body: bytes | str, identity: str) -> None:
    from ministack.services import sts

    found = _KEY.search(body if isinstance(body, bytes) else body.encode())
    if found:
        key = (found["key"] or found["json"]).decode()
        sts.register_session(key, dict(sts._sessions[key]) | {"SourceIdentity": identity})


def _parameters(headers: Any, body: bytes, query_params: Any) -> dict[str, str]:
    if "amz-json" in headers.get("content-type", ""):
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        return {"Action": action} | {k: str(v) for k, v in json.loads(body or b"{}").items()}
    given = {k: v[0] if isinstance(v, list) else v for k, v in (query_params or {}).items()}
    return given | {k: v[0] for k, v in parse_qs(body.decode("utf-8", "replace")).items()}


def _problem(given: dict[str, str]) -> str | None:
    if (
        given.get("Action") not in ("AssumeRole", "AssumeRoleWithWebIdentity")
        or "DurationSeconds" not in given
    ):
        return None
    asked = int(given["DurationSeconds"])
    if asked < _SHORTEST_SECONDS:
        return f"Value '{asked}' at 'durationSeconds' must be at least {_SHORTEST_SECONDS}"
    if asked > _longest(given.get("RoleArn", "")):
        return "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    return None


def _longest(role_arn: str) -> int:
    return int((_role(role_arn) or {}).get("MaxSessionDuration") or _DEFAULT_SECONDS)


def _role(role_arn: str) -> Any:
    from ministack.services import iam

    parts = role_arn.split(":")
    return iam._roles.get_scoped(parts[4], None, role_arn.rsplit("/", 1)[-1]) if len(parts) > 4 else None  # noqa: PLR2004
