"""STS: a session is never longer than its role allows."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from local import hooks

_DEFAULT_SECONDS = 3600
_SHORTEST_SECONDS = 900


def install() -> None:
    """Check `DurationSeconds` of AssumeRole before ministack issues the credentials."""
    from ministack.services import sts

    old = hooks.replace(sts, "handle_request", None, parameters="method path headers body query_params")

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        problem = _problem(_parameters(headers, body, query_params))
        if problem:
            return sts._error(400, "ValidationError", problem, ns="sts")
        return await old(method, path, headers, body, query_params)

    sts.handle_request = handle_request


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
    from ministack.services import iam

    parts = role_arn.split(":")
    role = iam._roles.get_scoped(parts[4], None, role_arn.rsplit("/", 1)[-1]) if len(parts) > 4 else None  # noqa: PLR2004
    return int((role or {}).get("MaxSessionDuration") or _DEFAULT_SECONDS)
