"""What a client of MSK presents to prove by IAM who it is: a signed request for kafka-cluster:Connect.

Two mechanisms carry it: AWS_MSK_IAM (Java) as JSON with lower-case names, OAUTHBEARER (all others) as a token that
is the signed URL in base64.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.services.msk import rights

_ACTION = "kafka-cluster:Connect"
_SERVICE = "kafka-cluster"
_SKEW_SECONDS = 300
_LONGEST_LIFE_SECONDS = 900
_EMPTY = hashlib.sha256(b"").hexdigest()
_NAMES = {
    "action": "Action",
    "x-amz-algorithm": "X-Amz-Algorithm",
    "x-amz-credential": "X-Amz-Credential",
    "x-amz-date": "X-Amz-Date",
    "x-amz-expires": "X-Amz-Expires",
    "x-amz-security-token": "X-Amz-Security-Token",
    "x-amz-signature": "X-Amz-Signature",
    "x-amz-signedheaders": "X-Amz-SignedHeaders",
}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Whether a client gets in.

    Args:
        problem: why not; empty when it does.
        answer: what the mechanism answers to who gets in.
    """

    problem: str = ""
    answer: bytes = b""


@dataclass(frozen=True, kw_only=True)
class _Presented:
    host: str
    parameters: dict[str, str]


def checked(mechanism: str, given: bytes, cluster_arn: str) -> Checked:
    """Check what a client presents: genuine, not expired, and its owner may connect to the cluster."""
    try:
        presented = _of_json(given) if mechanism == "AWS_MSK_IAM" else _of_bearer(given)
        key = _genuine(presented, cluster_arn)
    except (ValueError, KeyError, TypeError, PermissionError) as error:
        return Checked(problem=f"[{secrets.token_hex(8)}]: the token is not valid: {error}")
    denied = rights.problem(key, _ACTION, cluster_arn)
    if denied:
        return Checked(problem=f"Access denied: {denied}")
    if mechanism == "AWS_MSK_IAM":
        told = {"version": "2020_10_22", "request-id": secrets.token_hex(16)}
        return Checked(answer=json.dumps(told).encode())
    return Checked()


def _of_json(given: bytes) -> _Presented:
    found: dict[str, Any] = json.loads(given)
    named = {_NAMES[name]: str(value) for name, value in found.items() if name in _NAMES}
    return _Presented(host=str(found["host"]), parameters=named)


def _of_bearer(given: bytes) -> _Presented:
    r"""`n,,\x01auth=Bearer <token>\x01\x01`, as RFC 7628 says."""
    fields = dict(part.split("=", 1) for part in given.decode().split("\x01") if "=" in part)
    kind, _, token = fields["auth"].partition(" ")
    if kind.lower() != "bearer":
        raise ValueError("it is no bearer token")
    url = urlsplit(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    known = set(_NAMES.values())  # the user agent is added after signing
    named = {name: value for name, value in parse_qsl(url.query, keep_blank_values=True) if name in known}
    return _Presented(host=url.netloc, parameters=named)


def _genuine(presented: _Presented, cluster_arn: str) -> str:
    """The access key that signed it.

    Raises:
        ValueError: It is not a request for this, too old, or not signed by the key that it names.
        PermissionError: The key is not known here, or has expired.
    """
    from ministack.core import iam_evaluator
    from ministack.core.sigv4 import build_canonical_request, build_string_to_sign, calculate_signature

    given, (_, _, _, region, account, *_) = presented.parameters, cluster_arn.split(":")
    key, date, *scope = given["X-Amz-Credential"].split("/")
    if given["Action"] != _ACTION or scope != [region, _SERVICE, "aws4_request"]:
        raise ValueError(f"it must be signed for {_ACTION} of {_SERVICE} in {region}")
    _require_fresh(given["X-Amz-Date"], int(given["X-Amz-Expires"]))
    credential = iam_evaluator.resolve_credential(key, account, given.get("X-Amz-Security-Token", ""))
    if isinstance(credential, iam_evaluator.CredentialResolutionError):
        raise PermissionError("the security credentials are not known or have expired")
    canonical = build_canonical_request(
        "GET", "/", {"host": presented.host}, given, given["X-Amz-SignedHeaders"], payload_hash=_EMPTY
    )
    to_sign = build_string_to_sign(given["X-Amz-Date"], date, region, _SERVICE, canonical)
    signature = calculate_signature(credential.secret_access_key, date, region, _SERVICE, to_sign)
    if not secrets.compare_digest(signature, given["X-Amz-Signature"]):
        raise ValueError("the signature does not match")
    return key


def _require_fresh(written: str, seconds: int) -> None:
    signed = dt.datetime.strptime(written, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    age = (dt.datetime.now(dt.UTC) - signed).total_seconds()
    if not 0 < seconds <= _LONGEST_LIFE_SECONDS or not -_SKEW_SECONDS <= age < seconds:
        raise ValueError(f"it was signed {age:.0f} s ago for {seconds} s; 900 s are the most")
