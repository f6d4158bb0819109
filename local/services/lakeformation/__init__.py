"""AWS Lake Formation: settings, registered locations, permissions, LF-tags, and the decisions built on them.

Enforced where AWS enforces it: in the Glue API (metadata), in the Athena engine and for crawlers (data), by
`permissions_for`, `has_data_location`, `require_get_data_access` and `location_session`.
"""

from __future__ import annotations

from local.services.lakeformation.credentials import location_session, principal_of, require_get_data_access
from local.services.lakeformation.decisions import (
    columns_for,
    described_columns,
    grant_creator,
    has_data_location,
    may_create_database,
    permissions_for,
    selection_for,
)
from local.services.lakeformation.locations import registered_role
from local.services.lakeformation.principals import is_root
from local.services.lakeformation.selection import Selection
from local.services.lakeformation.service import install

__all__ = [
    "Selection",
    "columns_for",
    "described_columns",
    "grant_creator",
    "has_data_location",
    "install",
    "is_root",
    "location_session",
    "may_create_database",
    "permissions_for",
    "principal_of",
    "registered_role",
    "require_get_data_access",
    "selection_for",
]
