"""The HTTP listeners: TLS on the main port, plain HTTP on the next; requests say what their connection negotiated."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from local.asgi import App
    from local.settings import Settings

_KEEP_ALIVE_SECONDS = 75
_END_SECONDS = 1
# As the TLS extension of ASGI has them: the version's number on the wire.
_TLS_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2.value, "TLSv1.3": ssl.TLSVersion.TLSv1_3.value}


class _Protocol(HttpToolsProtocol):
    """uvicorn's, with the TLS extension of ASGI, which it lacks: policies ask for the version."""

    _tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        if connection is not None:
            self._tls = {"tls_version": _TLS_VERSIONS.get(connection.version())}

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._tls is not None:
            self.scope["extensions"] = {"tls": self._tls}


async def listen(app: App, settings: Settings) -> list[uvicorn.Server]:
    """Start the application, then its listeners; who reaches the main port finds the plain one open.

    Raises:
        SystemExit: the application did not start, or a port is taken; the log says which.
    """
    plain = _config(app, settings.plain_port, lifespan="on")
    tls_dir = settings.tls_dir
    secured = {"ssl_certfile": tls_dir / "server.pem", "ssl_keyfile": tls_dir / "server.key"}
    configs = [plain] + ([_config(app, settings.port, lifespan="off", **secured)] if settings.auth else [])
    return [await _started(config) for config in configs]


async def close(servers: Sequence[uvicorn.Server]) -> None:
    """Accept nothing more, end the connections, and at last the application."""
    for server in reversed(servers):
        await server.shutdown()


def _config(app: App, port: int, **options: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        http=_Protocol,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        reset_contextvars=True,  # a request must not see whom the one before it acted for
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_END_SECONDS,
        **options,
    )


async def _started(config: uvicorn.Config) -> uvicorn.Server:
    """A server that listens; without its loop of ten looks a second for a reason to end."""
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    return server
