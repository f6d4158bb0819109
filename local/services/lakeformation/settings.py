"""The data lake's settings: its administrators and what new databases and tables start with."""

from __future__ import annotations

import copy
from typing import Any

from local.services.lakeformation import state
from local.services.lakeformation.principals import includes

_OPEN = [{"Principal": {"DataLakePrincipalIdentifier": state.EVERYONE}, "Permissions": ["ALL"]}]


def current() -> dict[str, Any]:
    """The settings; a new account leaves everything to IAM, as on AWS."""
    stored = state.settings.get("settings")
    if stored is not None:
        return dict(copy.deepcopy(stored))
    return {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": copy.deepcopy(_OPEN),
        "CreateTableDefaultPermissions": copy.deepcopy(_OPEN),
        "Parameters": {"CROSS_ACCOUNT_VERSION": "1", "SET_CONTEXT": "TRUE"},
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "ExternalDataFilteringAllowList": [],
        "AuthorizedSessionTagValueList": [],
    }


def put(wanted: dict[str, Any]) -> None:
    """Replaces the settings; what the request leaves out becomes empty, as on AWS.

    New databases and tables then start with the default permissions that are named here: with none at all,
    only Lake Formation grants open them.
    """
    empty: dict[str, Any] = {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": [],
        "CreateTableDefaultPermissions": [],
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "ExternalDataFilteringAllowList": [],
        "AuthorizedSessionTagValueList": [],
    }
    parameters = {**current().get("Parameters", {}), **(wanted.get("Parameters") or {})}
    state.settings["settings"] = {**empty, **copy.deepcopy(wanted), "Parameters": parameters}


def is_admin(principal: str) -> bool:
    """Whether the principal is a data lake administrator."""
    return any(
        includes(admin["DataLakePrincipalIdentifier"], principal)
        for admin in current().get("DataLakeAdmins") or []
    )


def is_read_only_admin(principal: str) -> bool:
    """Whether the principal sees all metadata without changing it."""
    return any(
        includes(admin["DataLakePrincipalIdentifier"], principal)
        for admin in current().get("ReadOnlyAdmins") or []
    )
