"""What a principal may do with the catalog: the questions that Athena, Glue and the crawlers ask."""

from __future__ import annotations

from typing import Any

from ministack.services import glue

from local.services.lakeformation import conditions, grants, permissions, reach, settings, state
from local.services.lakeformation.principals import includes, is_root, role_of
from local.services.lakeformation.resources import column_names, is_inside, parse
from local.services.lakeformation.selection import Selection


def permissions_for(principal_arn: str, database: str, table: str | None = None) -> set[str]:
    """The permissions of a principal on a table, or on a database when `table` is None.

    A session stands for its role; grants on every table of the database, by LF-tag, to everyone
    (IAM_ALLOWED_PRINCIPALS) and ALL are resolved. Any permission includes DESCRIBE, and a permission on a
    table includes DESCRIBE on its database. Administrators see all metadata. The account itself holds
    everything.

    Args:
        principal_arn: ARN of a user, a role, or an assumed-role session.
        database: Name of the database.
        table: Name of the table; None asks about the database.

    Returns:
        Of SELECT, INSERT, DELETE, ALTER, DROP, DESCRIBE for a table; of CREATE_TABLE, ALTER, DROP, DESCRIBE
        for a database.
    """
    everything = permissions.DATABASE if table is None else permissions.TABLE
    if is_root(principal_arn):
        return set(everything)
    held: set[str] = set()
    for entry in _entries_of(principal_arn):
        held |= (
            reach.on_database(entry, database.lower())
            if table is None
            else reach.on_table(entry, database.lower(), table.lower())
        )
    held &= everything
    seen = settings.is_admin(principal_arn) or settings.is_read_only_admin(principal_arn)
    return held | {"DESCRIBE"} if held or seen else held


def selection_for(principal_arn: str, database: str, table: str) -> Selection | None:
    """The cells of a table that a principal may SELECT: the union of what its grants give.

    Grants on the table, on some columns, by LF-tag (of columns, which inherit) and through data cells filters are
    resolved. One grant on everything makes the others idle.

    Returns:
        None for everything; a selection without columns for nothing.
    """
    if is_root(principal_arn):
        return None
    database, table = database.lower(), table.lower()
    found = []
    for entry in _entries_of(principal_arn):
        if "SELECT" not in reach.on_table(entry, database, table):
            continue
        columns, rows = reach.cells_of(entry, database, table)
        if columns is None and not rows:
            return None
        found.append((column_names(database, table) if columns is None else columns, rows))
    return Selection.of(found)


def columns_for(principal_arn: str, database: str, table: str) -> frozenset[str] | None:
    """The columns that a principal may SELECT; None means all of them, an empty set means none."""
    selection = selection_for(principal_arn, database, table)
    return None if selection is None else frozenset(selection.columns)


def described_columns(principal_arn: str, database: str, table: str) -> frozenset[str] | None:
    """The columns that metadata shows to a principal; None means all.

    Whoever may SELECT sees the columns of that SELECT, an administrator and whoever holds other permissions only
    (DESCRIBE, INSERT ...) the whole table.
    """
    if settings.is_admin(principal_arn) or settings.is_read_only_admin(principal_arn):
        return None
    return columns_for(principal_arn, database, table) or None


def may_create_database(principal_arn: str) -> bool:
    """Whether the principal may add databases to the catalog: the account, administrators, grantees."""
    if is_root(principal_arn) or settings.is_admin(principal_arn) or _open_to_everyone():
        return True
    return any(
        parse(entry["Resource"]).kind == "Catalog"
        and "CREATE_DATABASE" in permissions.expanded("Catalog", entry["Permissions"])
        for entry in _entries_of(principal_arn)
    )


def has_data_location(principal_arn: str, location: str, *, database: str | None = None) -> bool:
    """Whether the principal may put a table at a location.

    Only registered locations are guarded. The grant is DATA_LOCATION_ACCESS on the location or above it; a
    location below the database's own is free to whoever may create tables in that database, as on AWS.
    """
    from local.services.lakeformation.locations import registered_role

    if is_root(principal_arn) or registered_role(location) is None:
        return True
    own = (glue._databases.get(database) or {}).get("LocationUri") if database else None
    if own and is_inside(location, own):
        return True
    return any(
        held.kind == "DataLocation" and is_inside(location, held.detail)
        for held in (parse(entry["Resource"]) for entry in _entries_of(principal_arn))
    )


def grant_creator(principal_arn: str, database: str, table: str | None = None) -> None:
    """Gives whoever created a database or table all permissions on it, with the grant option."""
    if is_root(principal_arn):
        return
    resource: dict[str, Any] = (
        {"Database": {"Name": database}}
        if table is None
        else {"Table": {"DatabaseName": database, "Name": table}}
    )
    wanted = permissions.DATABASE if table is None else permissions.TABLE
    grants.put(role_of(principal_arn), resource, {"ALL", *wanted}, {"ALL", *wanted})


def _open_to_everyone() -> bool:
    """Whether new databases are still left to IAM, which is how an account starts."""
    return any(
        entry["Principal"]["DataLakePrincipalIdentifier"] == state.EVERYONE
        for entry in settings.current().get("CreateDatabaseDefaultPermissions") or []
    )


def _entries_of(principal_arn: str) -> list[dict[str, Any]]:
    return [
        entry
        for entry in state.grants.values()
        if includes(entry["Principal"]["DataLakePrincipalIdentifier"], principal_arn)
        and conditions.reaches(entry, principal_arn)
    ]
