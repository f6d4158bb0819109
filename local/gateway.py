"""The front of the embedded AWS: an ASGI layer around ministack that knows who calls, and how."""

from __future__ import annotations

import contextvars
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from local import identity, persistence, transport, trust

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.asgi import App, Receive, Scope, Send

_FORWARDED = b"x-forwarded-proto"
_MARK = transport.HEADER.encode()
_TLS_VERSIONS = {0x0303: "1.2", 0x0304: "1.3"}  # by the number that the TLS extension of ASGI gives
_pages: dict[str, Callable[[], Any]] = {}
_tls_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("local_tls_version", default=None)
_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("local_inside_call", default=False)


def page(path: str, answer: Callable[[], Any]) -> None:
    """Serve `answer()` as JSON at `GET <path>`; paths start with `/_local/`."""
    _pages[path] = answer


def tls_version() -> str | None:
    """The TLS version of the current request as policies compare it ("1.2", "1.3"); None on plain HTTP.

    A marked call from inside counts as TLS 1.3: in AWS it would be.
    """
    return "1.3" if _inside.get() else _tls_version.get()


def is_internal() -> bool:
    """Whether a service of this server makes the current request."""
    return _inside.get()


def wrap(app: App) -> App:
    """`app`, told the truth about caller and transport, with our own pages beside it."""

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/_local/"):
            await _serve_page(scope["path"], send)
            return
        if scope["type"] in ("http", "websocket"):
            scope = _truthful(scope)
        await app(scope, receive, send)
        if scope["type"] == "http":
            persistence.after_request(scope)

    return gateway


def _truthful(scope: Scope) -> Scope:
    given = dict(scope["headers"])
    inside = transport.is_internal(given[_MARK].decode("latin-1")) if _MARK in given else False
    headers = scope["headers"]
    if _MARK in given or _FORWARDED in given:
        headers = [(n, v) for n, v in headers if n not in (_MARK, _FORWARDED)]
    if inside or scope.get("scheme") in ("https", "wss"):
        headers = [*headers, (_FORWARDED, b"https")]
    _inside.set(inside)
    negotiated = scope.get("extensions", {}).get("tls", {}).get("tls_version")
    _tls_version.set(_TLS_VERSIONS.get(negotiated))
    key = _access_key(given.get(b"authorization", b""), scope.get("query_string", b""))
    trust.expire_when_told(key)
    identity.remember_caller(key)
    return {**scope, "headers": headers}


def _access_key(authorization: bytes, query_string: bytes) -> str:
    from ministack.core.router import extract_access_key_id

    query = parse_qs(query_string.decode("utf-8", "replace"), keep_blank_values=True)
    return str(extract_access_key_id({"authorization": authorization.decode("latin-1")}, query) or "")


async def _serve_page(path: str, send: Send) -> None:
    answer = _pages.get(path)
    known = {"error": f"No page {path}", "pages": sorted(_pages)}
    body = json.dumps(answer() if answer else known, default=str).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200 if answer else 404,
            "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        }
    )
    await send({"type": "http.response.body", "body": body})
