"""Services tell here that a job of theirs ended: who follows it waits, instead of asking again and again.

AWS has managed EventBridge rules for this; what the job came to is still asked of its service.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_followers: dict[str, list[threading.Event]] = {}
_lock = threading.Lock()


@contextlib.contextmanager
def followed(job: str) -> Iterator[threading.Event]:
    """An event that is set when the job with this id or ARN ends, from now on."""
    ended = threading.Event()
    with _lock:
        _followers.setdefault(job, []).append(ended)
    try:
        yield ended
    finally:
        with _lock:
            _followers[job].remove(ended)
            if not _followers[job]:
                del _followers[job]


def tell(job: str) -> None:
    """Wake who follows this job; call it once the job's description says that it ended.

    Example:
        >>> with followed("query-1") as ended:
        ...     tell("query-1")
        ...     ended.is_set()
        True
    """
    with _lock:
        for ended in _followers.get(job, ()):
            ended.set()
