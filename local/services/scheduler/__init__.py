"""EventBridge Scheduler: schedules fire in their own time zone, by their own role, and fail into their own queue."""

from __future__ import annotations


def install() -> None:
    """Replace the sweep over the schedules; refuse expressions that can never fire."""
    from local.services.scheduler import firing, requests

    firing.install()
    requests.install()
