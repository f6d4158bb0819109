"""What must end in order before the process does: engines that hold data on disk."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.shutdown")
_registered: list[Callable[[], None]] = []


def register(work: Callable[[], None]) -> None:
    """Run `work` at the end of the embedded AWS, the last registered first; it has a few seconds."""
    _registered.append(work)


def run() -> None:
    """Run everything that is registered; an error of one does not keep the others from running."""
    while _registered:
        try:
            _registered.pop()()
        except Exception:
            logger.exception("Something did not end in order")
