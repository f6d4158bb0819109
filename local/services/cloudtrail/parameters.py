"""Request parameters and response elements of an event, with secrets left out as AWS leaves them out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from local.services.cloudtrail.calls import Call

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
OMITTED = "***OMITTED***"
_SECRET = frozenset(
    {
        "authorizationtoken",
        "authtoken",
        "clientsecret",
        "masteruserpassword",
        "newpassword",
        "oldpassword",
        "password",
        "plaintext",
        "secretaccesskey",
        "secretbinary",
        "secretstring",
        "sessiontoken",
    }
)
# Texts that AWS leaves out since they may hold data: Athena's SQL, the input and output of Step Functions.
_OMITTED = {
    "athena": ("queryString", "queryStatement", "executionParameters"),
    "states": ("input", "output", "cause", "error", "definition"),
    "lambda": ("environment", "code", "zipFile"),
}
_SIGNING = ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token")


def of_request(call: Call, service: str) -> dict[str, Any] | None:
    """What was asked for, names beginning with a small letter as events have them."""
    if service == "s3":
        return _of_s3(call)
    content = str(call.headers.get("content-type", ""))
    if "json" in content or call.body[:1] == b"{":
        found = camel(_json(call.body))
    else:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        query = {name: _first(value) for name, value in (call.query or {}).items()}
        given = {**query, **form}
        found = {_small(name): value for name, value in given.items() if name not in {"Action", "Version"}}
    return redacted(found, service) or None


def of_answer(call: Call, service: str, *, read: bool) -> dict[str, Any] | None:
    """What a call that changed something was answered; nothing for reads, as in AWS."""
    if service == "sts" and call.answer:
        return _session(call.answer.decode("utf-8", "replace"))
    if read or not call.answer.startswith(b"{"):
        return None
    return redacted(camel(_json(call.answer)), service) or None


def redacted(found: Any, service: str) -> Any:
    """The same tree without secrets.

    Example:
        >>> redacted([{"tags": [{"Password": "y"}]}], "secretsmanager")
        [{'tags': [{'Password': 'HIDDEN_DUE_TO_SECURITY_REASONS'}]}]
        >>> redacted({"queryString": "SELECT 1"}, "athena")
        {'queryString': '***OMITTED***'}
    """
    if isinstance(found, list):
        return [redacted(item, service) for item in found]
    if not isinstance(found, dict):
        return found
    omitted = _OMITTED.get(service, ())
    return {
        name: HIDDEN if name.lower() in _SECRET else OMITTED if name in omitted else redacted(value, service)
        for name, value in found.items()
    }


def error_of(call: Call) -> tuple[str, str]:
    """Code and message of a refusal.

    The code stands in the body, or for HEAD and some JSON services in a header.
    """
    text = call.answer.decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        found = _json(call.answer)
        code = str(found.get("__type") or found.get("Code") or found.get("code") or "")
        return code.rpartition("#")[2], str(found.get("message") or found.get("Message") or "")
    found_code, found_message = (
        re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL) for name in ("Code", "Message")
    )
    header = str(call.answered.get("x-amzn-errortype", "")).partition(":")[0]
    fallback = {403: "AccessDenied", 404: "NoSuchKey"}.get(call.status, str(call.status))
    return (found_code[1] if found_code else header or fallback), (found_message[1] if found_message else "")


def bucket_and_key(path: str) -> tuple[str, str]:
    """Bucket and key of a path-style request.

    Example:
        >>> bucket_and_key("/b/a%20b/c"), bucket_and_key("/b"), bucket_and_key("/")
        (('b', 'a b/c'), ('b', ''), ('', ''))
    """
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return bucket, key


def _of_s3(call: Call) -> dict[str, Any]:
    bucket, key = bucket_and_key(call.path)
    query = {name: _first(value) for name, value in (call.query or {}).items() if name not in _SIGNING}
    sent = {
        name: value for name, value in call.headers.items() if name.startswith("x-amz-") and _telling(name)
    }
    found = {
        "bucketName": bucket,
        "Host": call.headers.get("host", ""),
        **({"key": key} if key else {}),
        **query,
        **sent,
    }
    if "policy" in query and call.body.startswith(b"{"):
        found["bucketPolicy"] = _json(call.body)
    elif call.body and not key:
        found["configuration"] = call.body.decode("utf-8", "replace")
    return found


def _telling(header: str) -> bool:
    return not header.startswith(
        ("x-amz-content-", "x-amz-date", "x-amz-security-token", "x-amz-checksum", "x-amz-sdk")
    )


def _session(text: str) -> dict[str, Any] | None:
    found = {
        name: re.search(rf"<{name}>(.*?)</{name}>", text)
        for name in ("AccessKeyId", "Arn", "AssumedRoleId", "Expiration")
    }
    if found["AccessKeyId"] is None:
        return None
    given = {name: match[1] for name, match in found.items() if match}
    return {
        "credentials": {
            "accessKeyId": given["AccessKeyId"],
            "sessionToken": HIDDEN,
            "expiration": given.get("Expiration", ""),
        },
        "assumedRoleUser": {"assumedRoleId": given.get("AssumedRoleId", ""), "arn": given.get("Arn", "")},
    }


def camel(found: Any) -> Any:
    """The same tree with names that begin with a small letter.

    Example:
        >>> camel({"TableName": [{"Key": 1}]})
        {'tableName': [{'key': 1}]}
    """
    if isinstance(found, list):
        return [camel(item) for item in found]
    if isinstance(found, dict):
        return {_small(str(name)): camel(value) for name, value in found.items()}
    return found


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
