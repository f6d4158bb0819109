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
expressions: Any = AccountRegionScopedDict()  # name -> saved LF-tag expression
tagged: Any = AccountRegionScopedDict()  # resource key -> {tag key: value}
cells: Any = AccountRegionScopedDict()  # "database/table/name" -> DataCellsFilter

_STORES = {
    "settings": settings,
    "locations": locations,
    "grants": grants,
    "tags": tags,
    "expressions": expressions,
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
    for key, carried in tagged._data.items():
        tagged._data[key] = {tag: _one(value) for tag, value in carried.items()}


def _one(value: Any) -> str:
    """An older version kept a list of values, of which AWS allows one."""
    return str(value[0]) if isinstance(value, list) else str(value)


def reset() -> None:
    """Forgets everything, as on a new account."""
    for store in _STORES.values():
        store.clear()
