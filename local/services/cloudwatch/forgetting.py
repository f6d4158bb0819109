"""Data of metrics are forgotten after two weeks: looked for once a minute, where ministack looks at every request."""

from __future__ import annotations

import time

EVERY_SECONDS = 60


def install() -> None:
    """Let ministack look through its metrics once a minute only; with many of them a look costs more than a call."""
    from ministack.services import cloudwatch

    from local import hooks

    looked = float("-inf")

    def evict() -> None:
        nonlocal looked
        if time.monotonic() - looked >= EVERY_SECONDS:
            looked = time.monotonic()
            old()

    old = hooks.replace(cloudwatch, "_evict_old_metrics", evict, parameters="")
