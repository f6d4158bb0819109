"""Stands between the job and the embedded S3, and answers some calls with the errors that S3 has on a bad day."""

from __future__ import annotations

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_HOP = {"connection", "transfer-encoding", "content-length"}


class FaultProxy:
    """`fails` gets method and path of each call and returns a status and an error code, or None to let it through.

    Args:
        target: The endpoint behind it.
        authorities: File of the authorities that vouch for an `https` endpoint.
    """

    def __init__(self, target: str, authorities: str | None = None) -> None:
        self._target = urlsplit(target)
        self._trust = ssl.create_default_context(cafile=authorities) if authorities else None
        self.fails: Callable[[str, str], tuple[int, str] | None] = lambda _method, _path: None
        self.failed = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(
        self, method: str, path: str, headers: Any, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        fault = self.fails(method, path)
        if fault:
            self.failed += 1
            return (
                fault[0],
                [],
                f"<Error><Code>{fault[1]}</Code><Message>{fault[1]}</Message></Error>".encode(),
            )
        onward = self._onward()
        onward.request(method, path, body, dict(headers))
        response = onward.getresponse()
        content = response.read()
        onward.close()
        return response.status, response.getheaders(), content

    def _onward(self) -> http.client.HTTPConnection:
        host, port = self._target.hostname or "", self._target.port
        if self._trust:
            return http.client.HTTPSConnection(host, port, timeout=60, context=self._trust)
        return http.client.HTTPConnection(host, port, timeout=60)


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, content = proxy.answer(self.command, self.path, self.headers, body)
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
