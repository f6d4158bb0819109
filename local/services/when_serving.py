"""Runs work once the server answers: only then is the saved state of every service loaded."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_POLL_SECONDS = 0.1
_LONGEST_SECONDS = 300


def run(work: Callable[[], None]) -> None:
    """Run `work` on a thread of its own when the server answers; never, when it does not come up."""
    threading.Thread(target=_run, args=(work,), daemon=True, name="when-serving").start()


def _run(work: Callable[[], None]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while time.monotonic() < deadline:
        if _answers():
            work()
            return
        time.sleep(_POLL_SECONDS)


def _answers() -> bool:
    from local import identity

    try:
        page = f"{identity.internal_endpoint()}/_ministack/health"
        with urllib.request.urlopen(page, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (OSError, http.client.HTTPException):
        return False
