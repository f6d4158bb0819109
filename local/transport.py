"""Whose request is it: the mark by which this process knows its own calls.

Calls from inside reach the application directly or over plain HTTP on the loopback interface; policies must judge
them as the TLS calls that they are in AWS (`aws:SecureTransport` true). Each process draws a random token, its
clients send it, and the gateway believes only that token. Plain HTTP from anyone else stays insecure, whatever
headers it sends.
"""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, Any

from local import direct_calls

if TYPE_CHECKING:
    import boto3
    from botocore.awsrequest import AWSResponse

HEADER = "x-local-internal"
_TOKEN = secrets.token_hex(32)


def headers() -> dict[str, str]:
    """The headers that mark a request as ours, for callers that do not use boto3.

    Example:
        >>> is_internal(headers()[HEADER])
        True
    """
    return {HEADER: _TOKEN}


def mark_internal(session: boto3.Session) -> None:
    """Let every client of `session` mark its requests (after signing, so it is not signed) and need no socket."""
    events: Any = session.events
    events.register("before-send", _marked, unique_id="local-internal-mark")


def is_internal(presented: str | None) -> bool:
    """Whether `presented` is this process's token.

    Example:
        >>> is_internal("guess"), is_internal(None)
        (False, False)
    """
    return bool(presented) and hmac.compare_digest(str(presented), _TOKEN)


def _marked(request: Any, **_: Any) -> AWSResponse | None:
    request.headers[HEADER] = _TOKEN
    return direct_calls.answer(request)
