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
from typing import NoReturn

import uvloop

from local import absent, certificates
from local.settings import Settings

_SHUTDOWN_SECONDS = 1


def main(arguments: list[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; state is written before the process ends."""
    absent.install()
    settings = _settings(arguments)
    prepare(settings)
    uvloop.run(_serve(settings))


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
    from local import install, persistence, shutdown

    persistence.install()
    install.install()
    from ministack import app as ministack_app

    from local import direct_calls, gateway, listeners

    _collect_seldom()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    checkpoints = asyncio.create_task(persistence.checkpoint_forever())
    app = gateway.wrap(ministack_app.app)
    try:
        listening = await listeners.listen(app, settings)
    except SystemExit:
        _end(1)
    direct_calls.begin(app)
    await stop.wait()
    direct_calls.end()
    checkpoints.cancel()
    closing = asyncio.create_task(listeners.close(listening))
    await asyncio.to_thread(shutdown.run)
    await asyncio.to_thread(persistence.checkpoint, clean=True)
    # Idle TLS connections of clients would hold the end up for 30 s, worker threads for ever.
    await asyncio.wait({closing}, timeout=_SHUTDOWN_SECONDS)
    _end(0)


def _end(code: int) -> NoReturn:
    """End the process now: all state is on disk, and nothing is worth waiting for."""
    logging.shutdown()
    os._exit(code)


def _collect_seldom() -> None:
    """Have the garbage collector look seldom, and never at the modules: it took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


if __name__ == "__main__":
    main()
