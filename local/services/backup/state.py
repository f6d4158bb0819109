"""What AWS Backup remembers, per account and region."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local import identity
from local.services.cloudwatch import clock
from local.services.refusal import Refusal

vaults: Any = AccountRegionScopedDict()  # vault name -> vault, its policy and its lock
plans: Any = AccountRegionScopedDict()  # plan id -> plan
selections: Any = AccountRegionScopedDict()  # selection id -> selection
points: Any = AccountRegionScopedDict()  # recovery point ARN -> recovery point with its content
backup_jobs: Any = AccountRegionScopedDict()  # job id -> job
copy_jobs: Any = AccountRegionScopedDict()  # job id -> job
restore_jobs: Any = AccountRegionScopedDict()  # job id -> job

DAY_SECONDS = 86_400
_STORES = {
    "vaults": vaults,
    "plans": plans,
    "selections": selections,
    "points": points,
    "backup_jobs": backup_jobs,
    "copy_jobs": copy_jobs,
    "restore_jobs": restore_jobs,
}


def save() -> dict[str, Any]:
    """The whole state, to be kept across a restart."""
    return {name: dict(store._data) for name, store in _STORES.items()}


def load(saved: dict[str, Any]) -> None:
    """Put a saved state back; jobs that ran when the server ended have failed."""
    for name, store in _STORES.items():
        store._data = dict(saved.get(name) or {})
    for store in (backup_jobs, copy_jobs, restore_jobs):
        for job in store._data.values():
            for field in ("State", "Status"):
                if job.get(field) in ("CREATED", "RUNNING", "PENDING"):
                    job |= {field: "FAILED", "StatusMessage": "The server ended while the job ran."}


def reset() -> None:
    """Forget everything, as on a new account."""
    for store in _STORES.values():
        store.clear()


def now() -> float:
    """Seconds since 1970 by the clock that tests may move."""
    return clock.now()


def arn(kind: str, name: str) -> str:
    """The ARN of something of AWS Backup in the current account and region."""
    return f"arn:aws:backup:{identity.region()}:{identity.account_id()}:{kind}:{name}"


def found(store: Any, key: str, what: str) -> dict[str, Any]:
    """The entry of a store.

    Raises:
        Refusal: `ResourceNotFoundException` when there is none.
    """
    entry: dict[str, Any] | None = store.get(key)
    if entry is None:
        raise Refusal("ResourceNotFoundException", f"{what} {key} not found.", 400)
    return entry
