"""Granting, revoking and listing Lake Formation permissions."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, Any

from ministack.services import glue

from local.services.lakeformation import conditions, permissions, settings, state, tag_expressions
from local.services.lakeformation.principals import includes, is_root
from local.services.lakeformation.resources import (
    EVERY_TABLE,
    KINDS,
    Resource,
    is_inside,
    parse,
    require_exists,
)
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Entry = dict[str, Any]


def grant(request: Entry, *, by: str) -> None:
    """Adds permissions of a principal on a resource.

    Args:
        request: Principal, Resource, Permissions and PermissionsWithGrantOption as in the API.
        by: ARN of the caller: the account, an administrator, or one who holds the grant option.

    Raises:
        Refusal: when the resource does not exist, a permission does not fit it, or the caller may not grant.
    """
    principal, resource = _named(request)
    wanted, options = (
        set(request.get("Permissions") or []),
        set(request.get("PermissionsWithGrantOption") or []),
    )
    conditions.require_valid(principal, request)
    permissions.require_valid(resource, wanted | options)
    _require_grantable(request["Resource"])
    _require_may_grant(by, resource, wanted | options)
    put(principal, request["Resource"], wanted, options, condition=conditions.expression_of(request))


def put(
    principal: str,
    resource: Entry,
    wanted: Iterable[str],
    options: Iterable[str] = (),
    *,
    condition: str = "",
) -> None:
    """Adds permissions without asking who grants them: for creators and default permissions."""
    key = _key(principal, parse(resource), condition)
    entry = state.grants.get(key) or {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": copy.deepcopy(resource),
        "Permissions": [],
        "PermissionsWithGrantOption": [],
        **({"Condition": {"Expression": condition}} if condition else {}),
    }
    entry["Permissions"] = sorted({*entry["Permissions"], *wanted, *options})
    entry["PermissionsWithGrantOption"] = sorted({*entry["PermissionsWithGrantOption"], *options})
    entry["LastUpdated"] = time.time()
    state.grants[key] = entry


def revoke(request: Entry, *, by: str) -> None:
    """Takes permissions away again.

    Raises:
        Refusal: when the principal does not hold them, or the caller may not revoke.
    """
    principal, resource = _named(request)
    gone, options = (
        set(request.get("Permissions") or []),
        set(request.get("PermissionsWithGrantOption") or []),
    )
    key = _key(principal, resource, conditions.expression_of(request))
    entry = state.grants.get(key)
    if entry is None:
        raise Refusal(
            "InvalidInputException",
            f"No permissions revoked. Grantee {principal} has no permissions on {resource.key}.",
        )
    _require_may_grant(by, resource, gone | options)
    held = set(entry["Permissions"])
    if gone & {"ALL"} or ("ALL" in held and gone):
        held = permissions.expanded(resource.kind, held) if "ALL" not in gone else set()
    entry["Permissions"] = sorted(held - gone)
    entry["PermissionsWithGrantOption"] = sorted(
        set(entry["PermissionsWithGrantOption"]) & set(entry["Permissions"]) - options
    )
    if not entry["Permissions"]:
        del state.grants[key]


def batch(entries: list[Entry], act: Callable[..., None], *, by: str) -> Entry:
    """Grants or revokes each entry; the answer names those that failed and why."""
    failures = []
    for entry in entries:
        try:
            act(entry, by=by)
        except Refusal as refusal:
            error = {"ErrorCode": refusal.code, "ErrorMessage": refusal.message}
            failures.append({"RequestEntry": entry, "Error": error})
    return {"Failures": failures}


def listed(request: Entry) -> Entry:
    """The entries of a principal, of a resource, or of a kind of resource."""
    found = list(state.grants.values())
    if request.get("Principal"):
        named = request["Principal"]["DataLakePrincipalIdentifier"]
        found = [e for e in found if e["Principal"]["DataLakePrincipalIdentifier"] == named]
    if request.get("ResourceType"):
        found = [e for e in found if KINDS[parse(e["Resource"]).kind] == request["ResourceType"]]
    if request.get("Resource"):
        asked = parse(request["Resource"])
        found = [e for e in found if _answers(parse(e["Resource"]), asked)]
    start = int(request.get("NextToken") or 0)
    size = int(request.get("MaxResults") or 1000)
    page: Entry = {"PrincipalResourcePermissions": found[start : start + size]}
    if start + size < len(found):
        page["NextToken"] = str(start + size)
    return page


def effective_for_path(request: Entry) -> Entry:
    """The permissions on every table and database whose location lies at or above the path."""
    path = request["ResourceArn"]
    named = [
        Resource(kind="Table", database=table["DatabaseName"], table=table["Name"])
        for table in glue._tables.values()
        if is_inside(path, (table.get("StorageDescriptor") or {}).get("Location") or "-")
    ]
    named += [
        Resource(kind="Database", database=database["Name"])
        for database in glue._databases.values()
        if is_inside(path, database.get("LocationUri") or "-")
    ]
    found = []
    for entry in state.grants.values():
        held = parse(entry["Resource"])
        location = held.kind == "DataLocation" and is_inside(path, held.detail)
        if location or any(_answers(held, resource) for resource in named):
            found.append(entry)
    return {"Permissions": found}


def forget(database: str, table: str | None = None) -> None:
    """Drops the permissions of a table, or of a database and all in it, when that is deleted."""
    for key, entry in list(state.grants.items()):
        held = parse(entry["Resource"])
        if held.database == database and (table is None or held.table == table):
            state.grants.pop(key, None)


def forget_filter(database: str, table: str, name: str) -> None:
    """Drops the permissions on a data cells filter when that is deleted."""
    gone = Resource(kind="DataCellsFilter", database=database, table=table, detail=name)
    for key, entry in list(state.grants.items()):
        if parse(entry["Resource"]) == gone:
            state.grants.pop(key, None)


def _key(principal: str, resource: Resource, condition: str) -> str:
    """Under which an entry is kept: one a principal, resource and condition."""
    return f"{principal}|{resource.key}" + (f"|{condition}" if condition else "")


def _named(request: Entry) -> tuple[str, Resource]:
    principal = (request.get("Principal") or {}).get("DataLakePrincipalIdentifier")
    if not principal:
        raise Refusal("InvalidInputException", "Principal.DataLakePrincipalIdentifier is required.")
    return str(principal), parse(request.get("Resource") or {})


def _answers(held: Resource, asked: Resource) -> bool:
    """Whether an entry belongs to the resource that ListPermissions asks for."""
    if held.database != asked.database or {held.kind, asked.kind} - {"Table", "TableWithColumns"}:
        return held.key == asked.key
    return EVERY_TABLE in {held.table, asked.table} or held.table == asked.table


def _covers(held: Resource, asked: Resource) -> bool:
    """Whether a grant option reaches a resource: that of a table reaches its data filters, too."""
    if asked.kind == "DataCellsFilter" and held.kind == "Table":
        return held.database == asked.database and held.table in {EVERY_TABLE, asked.table}
    return _answers(held, asked)


def _require_grantable(named: Entry) -> None:
    """Refuses what does not exist, and a grant on columns that does not say which."""
    require_exists(named)
    if "LFTagPolicy" in named:
        tag_expressions.require_defined(named["LFTagPolicy"])
    row_filter = parse(named)
    if row_filter.kind == "DataCellsFilter" and row_filter.filter_key not in state.cells:
        raise Refusal("EntityNotFoundException", f"Data cells filter {row_filter.filter_key} does not exist.")
    columns = named.get("TableWithColumns")
    if columns is not None and bool(columns.get("ColumnNames")) == (
        columns.get("ColumnWildcard") is not None
    ):
        raise Refusal(
            "InvalidInputException",
            "TableWithColumns must have either ColumnNames or ColumnWildcard, and not both.",
        )


def _require_may_grant(by: str, resource: Resource, wanted: set[str]) -> None:
    if is_root(by) or settings.is_admin(by):
        return
    held: set[str] = set()
    for entry in state.grants.values():
        of = parse(entry["Resource"])
        if includes(entry["Principal"]["DataLakePrincipalIdentifier"], by) and _covers(of, resource):
            held |= permissions.expanded(of.kind, entry["PermissionsWithGrantOption"])
    missing = permissions.expanded(resource.kind, wanted) - held
    if missing:
        raise Refusal(
            "AccessDeniedException",
            "Resource does not exist or requester is not authorized to access requested permissions. "
            f"{by} must be a data lake administrator or hold {', '.join(sorted(missing))} on {resource.key} "
            "with the grant option.",
        )
