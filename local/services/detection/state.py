"""What the detectives remember, per account and region."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local import identity

detectors: Any = AccountRegionScopedDict()  # detector id -> detector
threats: Any = AccountRegionScopedDict()  # finding id -> GuardDuty finding
macie: Any = AccountRegionScopedDict()  # "session" -> session; job id -> job
discoveries: Any = AccountRegionScopedDict()  # finding id -> Macie finding
hub: Any = AccountRegionScopedDict()  # "hub" -> hub; standards ARN -> subscription
findings: Any = AccountRegionScopedDict()  # finding id -> Security Hub finding
analyzers: Any = AccountRegionScopedDict()  # name -> analyzer

_STORES = {
    "detectors": detectors,
    "threats": threats,
    "macie": macie,
    "discoveries": discoveries,
    "hub": hub,
    "findings": findings,
    "analyzers": analyzers,
}


def save() -> dict[str, Any]:
    """The whole state, to be kept across a restart."""
    return {name: dict(store._data) for name, store in _STORES.items()}


def load(saved: dict[str, Any]) -> None:
    """Put a saved state back."""
    for name, store in _STORES.items():
        store._data = dict(saved.get(name) or {})


def arn(service: str, resource: str) -> str:
    """The ARN of something in the current account and region."""
    return f"arn:aws:{service}:{identity.region()}:{identity.account_id()}:{resource}"


def now() -> str:
    """The moment, as these services write it.

    Example:
        >>> now().endswith("Z")
        True
    """
    return dt.datetime.now(tz=dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
