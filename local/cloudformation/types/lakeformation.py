"""AWS::LakeFormation::* resources.

CloudFormation acts here as the account, so that it needs no grants of its own; on AWS its execution role must
be a data lake administrator.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from local import identity
from local.cloudformation import registry
from local.services.cloudtrail.deployments import record_deployment
from local.services.lakeformation import cells, grants, locations, settings, tagged, tags
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types."""
    for name, (create, update, delete) in {
        "DataLakeSettings": (_settings_create, _settings_update, _settings_delete),
        "Resource": (_resource_create, _resource_update, _resource_delete),
        "Permissions": (_grant_create, _grant_update, _grant_delete),
        "PrincipalPermissions": (_grant_create, _grant_update, _grant_delete),
        "Tag": (_tag_create, _tag_update, _tag_delete),
        "TagAssociation": (_association_create, _association_update, _association_delete),
        "DataCellsFilter": (_cells_create, _cells_update, _cells_delete),
    }.items():
        registry.register(f"AWS::LakeFormation::{name}", create=create, update=update, delete=delete)


def _root() -> str:
    return f"arn:aws:iam::{identity.account_id()}:root"


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _missing_is_fine(act: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """What is gone already counts as deleted."""
    try:
        act(*args, **kwargs)
    except Refusal as refusal:
        if refusal.code != "EntityNotFoundException":
            raise


# --- settings: one per account and region ------------------------------------------------------------------


_FLAGS = ("AllowExternalDataFiltering", "AllowFullTableExternalDataAccess")
_LISTS = {
    "Admins": "DataLakeAdmins",
    "ReadOnlyAdmins": "ReadOnlyAdmins",
    "CreateDatabaseDefaultPermissions": "CreateDatabaseDefaultPermissions",
    "CreateTableDefaultPermissions": "CreateTableDefaultPermissions",
    "TrustedResourceOwners": "TrustedResourceOwners",
    "ExternalDataFilteringAllowList": "ExternalDataFilteringAllowList",
    "AuthorizedSessionTagValueList": "AuthorizedSessionTagValueList",
}


def _settings_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    _put_settings(properties)
    return f"{identity.account_id()}:{identity.region()}", {}


def _settings_update(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    _put_settings(new)
    return physical_id, {}


def _settings_delete(_physical_id: str, _properties: Properties) -> None:
    """AWS removes the administrators; the default permissions stay empty."""
    settings.put({})


def _put_settings(properties: Properties) -> None:
    wanted: Properties = {api: properties.get(name) or [] for name, api in _LISTS.items()}
    wanted |= {name: _truth(properties[name]) for name in _FLAGS if name in properties}
    wanted["Parameters"] = properties.get("Parameters") or {}
    if properties.get("MutationType") == "APPEND":
        kept = settings.current()
        for api in ("DataLakeAdmins", "ReadOnlyAdmins"):
            wanted[api] = [
                *kept.get(api, []),
                *[admin for admin in wanted[api] if admin not in kept.get(api, [])],
            ]
    settings.put(wanted)


# --- registered locations ----------------------------------------------------------------------------------


def _location(properties: Properties) -> Properties:
    flags = ("UseServiceLinkedRole", "WithFederation", "HybridAccessEnabled")
    return {**properties, **{name: _truth(properties[name]) for name in flags if name in properties}}


def _resource_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    locations.register(_location(properties))
    return properties["ResourceArn"], {}


def _resource_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if old["ResourceArn"] != new["ResourceArn"]:
        return _resource_create(physical_id, new, stack)
    locations.update(_location(new))
    return physical_id, {}


def _resource_delete(_physical_id: str, properties: Properties) -> None:
    _missing_is_fine(locations.deregister, {"ResourceArn": properties["ResourceArn"]})


# --- permissions -------------------------------------------------------------------------------------------

_OLD_NAMES = {
    "DatabaseResource": "Database",
    "TableResource": "Table",
    "TableWithColumnsResource": "TableWithColumns",
    "DataLocationResource": "DataLocation",
}


def _grant_request(properties: Properties) -> Properties:
    """The API's request; `Permissions` and `PrincipalPermissions` spell the same thing differently."""
    resource = {_OLD_NAMES.get(kind, kind): body for kind, body in properties["Resource"].items()}
    location = resource.get("DataLocation")
    if location and "S3Resource" in location:
        resource["DataLocation"] = {"ResourceArn": location["S3Resource"]}
    return {
        "Principal": properties.get("Principal") or properties["DataLakePrincipal"],
        "Resource": resource,
        "Permissions": properties.get("Permissions") or [],
        "PermissionsWithGrantOption": properties.get("PermissionsWithGrantOption") or [],
    }


def _grant_id(request: Properties) -> str:
    digest = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    return f"{request['Principal']['DataLakePrincipalIdentifier']}|{digest[:16]}"


def _grant_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    request = _grant_request(properties)
    grants.grant(request, by=_root())
    record_deployment("lakeformation", "GrantPermissions", request)
    resource = json.dumps(request["Resource"], sort_keys=True)
    return _grant_id(request), {
        "PrincipalIdentifier": request["Principal"]["DataLakePrincipalIdentifier"],
        "ResourceIdentifier": resource,
    }


def _grant_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """In place, so that a permission that both have is never missing in between."""
    before, after = _grant_request(old), _grant_request(new)
    same = all(before[name] == after[name] for name in ("Principal", "Resource"))
    if not same:
        return _grant_create(physical_id, new, stack)
    gone = {
        name: sorted(set(before[name]) - set(after[name]))
        for name in ("Permissions", "PermissionsWithGrantOption")
    }
    _, attributes = _grant_create(physical_id, new, stack)
    if any(gone.values()):
        _revoke({**after, **gone})
    return physical_id, attributes


def _grant_delete(_physical_id: str, properties: Properties) -> None:
    _revoke(_grant_request(properties))


def _revoke(request: Properties) -> None:
    """A permission that is not there any more (its table went with the stack) counts as revoked."""
    try:
        grants.revoke(request, by=_root())
        record_deployment("lakeformation", "RevokePermissions", request)
    except Refusal as refusal:
        if not refusal.message.startswith("No permissions revoked"):
            raise


# --- LF-tags -----------------------------------------------------------------------------------------------


def _tag_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    tags.create(properties)
    return properties["TagKey"], {}


def _tag_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if old["TagKey"] != new["TagKey"]:
        return _tag_create(physical_id, new, stack)
    before, after = set(old["TagValues"]), set(new["TagValues"])
    tags.update(
        {
            "TagKey": new["TagKey"],
            "TagValuesToAdd": sorted(after - before),
            "TagValuesToDelete": sorted(before - after),
        }
    )
    return physical_id, {}


def _tag_delete(_physical_id: str, properties: Properties) -> None:
    _missing_is_fine(tags.delete, properties)


def _association_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    failures = tagged.attach(properties)["Failures"]
    if failures:
        raise ValueError(f"AWS::LakeFormation::TagAssociation: {failures[0]['Error']['ErrorMessage']}")
    resource, carried = (json.dumps(properties[name], sort_keys=True) for name in ("Resource", "LFTags"))
    digest = hashlib.sha256(f"{resource}{carried}".encode()).hexdigest()[:16]
    return digest, {"ResourceIdentifier": resource, "TagsIdentifier": carried}


def _association_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """New tags first, so that a column is never without; then those go that only the old association had."""
    _, attributes = _association_create(physical_id, new, stack)
    kept = {(target, *pair) for target in tagged.targets(new["Resource"]) for pair in _pairs(new)}
    for target in tagged.targets(old["Resource"], existing=False):
        tagged.take_away(target, {pair for pair in _pairs(old) if (target, *pair) not in kept})
    return physical_id, attributes


def _pairs(association: Properties) -> set[tuple[str, str]]:
    return {
        (tag["TagKey"].lower(), value.lower()) for tag in association["LFTags"] for value in tag["TagValues"]
    }


def _association_delete(_physical_id: str, properties: Properties) -> None:
    tagged.detach(properties)


# --- data cells filters ------------------------------------------------------------------------------------


def _cells_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    cells.create({"TableData": properties})
    return "|".join(properties[n] for n in ("TableCatalogId", "DatabaseName", "TableName", "Name")), {}


def _cells_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """Every property is create-only, so that AWS makes a new filter before it deletes the old one."""
    identifying = ("TableCatalogId", "DatabaseName", "TableName", "Name")
    if all(old[name] == new[name] for name in identifying):
        raise Refusal(
            "AlreadyExistsException",
            f"Data cells filter {new['Name']} already exists: CloudFormation replaces a filter whose columns or rows "
            "change, and creates the new one first. Give it another name, such as one with a digest of its content.",
        )
    return _cells_create(physical_id, new, stack)


def _cells_delete(_physical_id: str, properties: Properties) -> None:
    _missing_is_fine(cells.delete, properties)
