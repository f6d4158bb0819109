"""Encryption settings of the data catalog: kept and answered; nothing here is encrypted by it."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import AccountRegionScopedDict

Request = dict[str, Any]

settings: Any = AccountRegionScopedDict()  # "settings" -> DataCatalogEncryptionSettings
_OFF = {
    "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
    "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
}


def put(request: Request) -> None:
    """Keeps the settings."""
    settings["settings"] = {**_OFF, **request["DataCatalogEncryptionSettings"]}


def get(_request: Request) -> Request:
    """The settings; disabled on a new account."""
    return {"DataCatalogEncryptionSettings": settings.get("settings") or _OFF}


def forget() -> None:
    """Back to disabled."""
    settings.pop("settings", None)
