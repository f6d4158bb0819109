"""Proving to PostgreSQL that we know the password: in clear inside TLS (IAM tokens), MD5, or SCRAM-SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from typing import TYPE_CHECKING

from jobs.extraction.outcome import Unreachable
from jobs.extraction.postgres.messages import message

if TYPE_CHECKING:
    from collections.abc import Callable

OK, CLEAR, MD5, SASL = 0, 3, 5, 10
_MECHANISM = "SCRAM-SHA-256"


def answer(
    request: bytes, *, user: str, password: Callable[[], str], exchange: Callable[[bytes], bytes]
) -> bytes | None:
    """What to answer to an authentication request; None when nothing is asked.

    Args:
        request: The body of the server's message.
        user: Who we are.
        password: Gives the password.
        exchange: Sends a message and returns the body of the next authentication request.

    Raises:
        Unreachable: when the server wants a way that we do not know, or cannot prove that it knows the password.
    """
    (method,) = struct.unpack_from(">I", request)
    if method == OK:
        return None
    if method == CLEAR:
        return message(b"p", password().encode() + b"\0")
    if method == MD5:
        inner = hashlib.md5(password().encode() + user.encode()).hexdigest()  # noqa: S324 - the server's choice
        outer = hashlib.md5(inner.encode() + request[4:8]).hexdigest()  # noqa: S324
        return message(b"p", f"md5{outer}".encode() + b"\0")
    if method == SASL and _MECHANISM.encode() in request[4:].split(b"\0"):
        return _scram(password(), exchange)
    raise Unreachable(f"the server wants authentication {method}; allowed: IAM, SCRAM-SHA-256, MD5, password")


def _scram(password: str, exchange: Callable[[bytes], bytes]) -> bytes | None:
    """RFC 5802 and 7677, without channel binding."""
    nonce = secrets.token_urlsafe(18)
    bare = f"n=,r={nonce}"
    first = f"n,,{bare}".encode()
    body = _MECHANISM.encode() + b"\0" + struct.pack(">I", len(first)) + first
    challenge = exchange(message(b"p", body))[4:].decode()
    parts = dict(part.split("=", 1) for part in challenge.split(","))
    if not parts["r"].startswith(nonce):
        raise Unreachable("the server's SCRAM answer is not to our question: somebody stands between")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
    final = f"c=biws,r={parts['r']}"
    signed = f"{bare},{challenge},{final}".encode()
    client = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(client).digest(), signed, "sha256")
    proof = bytes(a ^ b for a, b in zip(client, signature, strict=True))
    said = exchange(message(b"p", f"{final},p={base64.b64encode(proof).decode()}".encode()))[4:]
    expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), signed, "sha256")
    if not hmac.compare_digest(said, b"v=" + base64.b64encode(expected)):
        raise Unreachable("the server could not prove that it knows the password: it is not the database")
    return None
