"""The server process: environment first, then ministack, then our hooks, then the listeners.

Started by `local.process`; run by hand with `python -m local.server --state-dir .local/aws --port 4566`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import signal
from pathlib import Path
from typing import Any

from local import absent, certificates
from local.settings import Settings

_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 1


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; state is written before the process ends."""
    absent.install()
    settings = _settings(arguments)
    prepare(settings)
    asyncio.run(_serve(settings))


def prepare(settings: Settings) -> None:
    """Set the whole environment and make the folders. Must run before the first import of ministack."""
    for name in ("state", "s3", "tmp"):
        (settings.state_dir / name).mkdir(parents=True, exist_ok=True)
    if settings.auth:
        certificates.ensure(settings.tls_dir)
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "SERVICES"):
        os.environ.pop(name, None)  # the shell's own AWS settings must not leak into the server
    os.environ.update(settings.environment())


def _settings(arguments: list[str] | None) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--no-auth", action="store_true")
    given = parser.parse_args(arguments)
    return Settings(state_dir=given.state_dir.resolve(), port=given.port, auth=not given.no_auth)


async def _serve(settings: Settings) -> None:
    from hypercorn.asyncio import serve

    from local import install, persistence, shutdown

    persistence.install()
    install.install()
    from ministack import app as ministack_app

    from local import gateway

    _note_tls_versions()
    _collect_seldom()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    checkpoints = asyncio.create_task(persistence.checkpoint_forever())
    listening = serve(gateway.wrap(ministack_app.app), _listeners(settings), shutdown_trigger=stop.wait)
    serving = asyncio.ensure_future(listening)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    checkpoints.cancel()
    await asyncio.to_thread(shutdown.run)
    await asyncio.to_thread(persistence.checkpoint, clean=True)
    # Idle TLS connections of clients would hold the end up for 30 s, worker threads for ever.
    await asyncio.wait({serving}, timeout=_SHUTDOWN_SECONDS)
    _end(serving)


def _end(serving: asyncio.Future[None]) -> None:
    """End the process now: all state is on disk, and nothing is worth waiting for."""
    failed = serving.exception() if serving.done() and not serving.cancelled() else None
    if failed is not None:
        logging.getLogger("local.server").error("The server failed", exc_info=failed)
    logging.shutdown()
    os._exit(1 if failed else 0)


def _listeners(settings: Settings) -> Any:
    from hypercorn.config import Config

    config = Config()
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    config.graceful_timeout = _SHUTDOWN_SECONDS
    config.bind = [f"127.0.0.1:{settings.port}"]
    if settings.auth:
        config.certfile = str(settings.tls_dir / "server.pem")
        config.keyfile = str(settings.tls_dir / "server.key")
        config.insecure_bind = [f"127.0.0.1:{settings.plain_port}"]
    return config


def _collect_seldom() -> None:
    """Have the garbage collector look seldom, and never at the modules: it took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def _note_tls_versions() -> None:
    """Let the gateway see each connection's TLS version, which ASGI does not carry."""
    from hypercorn.asyncio.tcp_server import TCPServer

    from local import gateway, hooks

    async def run(self: Any) -> None:
        connection = self.writer.get_extra_info("ssl_object")
        gateway.remember_tls_version(connection.version() if connection else None)
        await old(self)

    old = hooks.replace(TCPServer, "run", run, parameters="self")


if __name__ == "__main__":
    main()
