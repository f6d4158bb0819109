"""What Lake Formation remembers, per account and region."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountRegionScopedDict

EVERYONE = "IAM_ALLOWED_PRINCIPALS"
"""The virtual group that turns Lake Formation off for a resource: IAM alone decides."""

settings: Any = AccountRegionScopedDict()  # "settings" -> DataLakeSettings
locations: Any = AccountRegionScopedDict()  # resource ARN -> ResourceInfo
grants: Any = AccountRegionScopedDict()  # "principal|resource" -> Grant entry
tags: Any = AccountRegionScopedDict()  # tag key -> [values]
tagged: Any = AccountRegionScopedDict()  # resource key -> {tag key: [values]}
cells: Any = AccountRegionScopedDict()  # "database/table/name" -> DataCellsFilter

_STORES = {
    "settings": settings,
    "locations": locations,
    "grants": grants,
    "tags": tags,
    "tagged": tagged,
    "cells": cells,
}


def save() -> dict[str, Any]:
    """The whole state, to be kept across a restart."""
    return {name: dict(store._data) for name, store in _STORES.items()}


def load(saved: dict[str, Any]) -> None:
    """Puts a saved state back; what an older version did not save starts empty."""
    for name, store in _STORES.items():
        store._data = dict(saved.get(name) or {})


def reset() -> None:
    """Forgets everything, as on a new account."""
    for store in _STORES.values():
        store.clear()
