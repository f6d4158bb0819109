"""Calls from inside reach the application without a socket: signed, judged and answered as those that come over one.

A service calls another as a client does (`local.identity`). Between two threads of one process the connection itself
was a third of such a call's CPU time. botocore takes an answer from whoever listens to `before-send`
(boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html): here the ASGI application gives it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.asgi import App

logger = logging.getLogger("local.direct_calls")

READ_TIMEOUT_SECONDS = 900
_CONNECTION = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.3"},
    "http_version": "1.1",
    "scheme": "http",
    "root_path": "",
    "client": ("127.0.0.1", 0),
}
# Of the connection alone, which there is none of.
_OF_A_CONNECTION = {"expect", "connection", "transfer-encoding"}


@dataclass(frozen=True, kw_only=True)
class _Serving:
    app: App
    loop: asyncio.AbstractEventLoop


_serving: _Serving | None = None


def begin(app: App) -> None:
    """Let the application answer from now on, on the event loop that runs this."""
    global _serving  # noqa: PLW0603 - one process is one server
    _serving = _Serving(app=app, loop=asyncio.get_running_loop())


def end() -> None:
    """From now on calls from inside go to the listeners, as those from outside: refused once they are closed."""
    global _serving  # noqa: PLW0603
    _serving = None


def answer(request: Any) -> AWSResponse | None:
    """The answer to a botocore request of this process; None when the application does not serve (yet or any more).

    Args:
        request: An `AWSPreparedRequest` to this process's own address, with all its headers.

    Raises:
        ReadTimeoutError: when no answer comes in 15 minutes.
        ConnectionClosedError: when the application ends without one.
    """
    serving = _serving
    if serving is None:
        return None
    exchange = _Exchange(request)
    # In a context of its own: a request must not see for whom another one acts, nor on whose behalf it was made.
    serving.loop.call_soon_threadsafe(exchange.begin, serving, context=contextvars.Context())
    try:
        status, headers, body = exchange.ended.result(READ_TIMEOUT_SECONDS)
    except concurrent.futures.TimeoutError as error:
        raise ReadTimeoutError(endpoint_url=request.url, error=error) from None
    except concurrent.futures.CancelledError as error:
        raise ConnectionClosedError(endpoint_url=request.url, request=request, error=error) from None
    body = b"" if request.method == "HEAD" else body
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), _Body(body))


class _Exchange:
    """One request and its answer, as ASGI passes them (asgi.readthedocs.io/en/latest/specs/www.html)."""

    def __init__(self, request: Any) -> None:
        self.ended: concurrent.futures.Future[tuple[int, dict[str, str], bytes]] = concurrent.futures.Future()
        address = urlsplit(request.url)
        path = address.path or "/"
        headers = [
            (
                str(name).lower().encode("latin-1"),
                value if isinstance(value, bytes) else str(value).encode("latin-1"),
            )
            for name, value in request.headers.items()
            if str(name).lower() not in _OF_A_CONNECTION
        ]
        self._scope: dict[str, Any] = {
            **_CONNECTION,
            "method": request.method,
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": address.query.encode("latin-1"),
            "headers": [(b"host", address.netloc.encode("latin-1")), *headers],
            "server": (address.hostname, address.port),
            "state": {},
        }
        self._body: bytes | None = _bytes(request.body)
        self._status = 0
        self._headers: dict[str, str] = {}
        self._answer: list[bytes] = []
        self._task: asyncio.Task[None] | None = None  # kept: the loop itself knows its tasks but weakly

    def begin(self, serving: _Serving) -> None:
        """Hand it to the application; runs on its event loop."""
        call: Any = serving.app(self._scope, self._receive, self._send)
        self._task = serving.loop.create_task(call)
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        failed = None if task.cancelled() else task.exception()
        if failed is not None:
            logger.error("No answer to %s %s", self._scope["method"], self._scope["path"], exc_info=failed)
        if failed is not None or not self._status:
            self.ended.cancel()
        else:
            self.ended.set_result((self._status, self._headers, b"".join(self._answer)))

    async def _receive(self) -> dict[str, Any]:
        if self._body is None:
            await asyncio.Event().wait()  # the client stays until the answer has come
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            for name, value in message.get("headers", ()):
                key, text = bytes(name).decode("latin-1"), bytes(value).decode("latin-1")
                self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text
        elif message["type"] == "http.response.body":
            self._answer.append(message.get("body", b""))


class _Body(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self, amount: int = 1 << 16, **_: Any) -> Iterator[bytes]:
        """All of it in pieces; `amount` in bytes."""
        while piece := self.read(amount):
            yield piece


def _bytes(body: Any) -> bytes:
    """A prepared request's body."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else bytes(body.read())
