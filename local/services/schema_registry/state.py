"""What the schema registry remembers, per account and region."""

from __future__ import annotations

import datetime as dt
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local import identity
from local.services.refusal import Refusal

Request = dict[str, Any]

registries: Any = AccountRegionScopedDict()  # registry name -> registry
schemas: Any = AccountRegionScopedDict()  # schema ARN -> schema with its versions

DEFAULT = "default-registry"
_STORES = {"registries": registries, "schemas": schemas}


def save() -> dict[str, Any]:
    """The whole state, to be kept across a restart."""
    return {name: dict(store._data) for name, store in _STORES.items()}


def load(saved: dict[str, Any]) -> None:
    """Put a saved state back."""
    for name, store in _STORES.items():
        store._data = dict(saved.get(name) or {})


def now() -> str:
    """The moment, as the registry writes it."""
    return dt.datetime.now(tz=dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def arn(resource: str) -> str:
    """The ARN of something of Glue in the current account and region."""
    return f"arn:aws:glue:{identity.region()}:{identity.account_id()}:{resource}"


def registry_name(identifier: Request | None) -> str:
    """The name that a `RegistryId` means; the default registry's without one.

    Example:
        >>> registry_name({"RegistryArn": "arn:aws:glue:r:1:registry/shop"}), registry_name(None)
        ('shop', 'default-registry')
    """
    given = identifier or {}
    return str(given.get("RegistryName") or str(given.get("RegistryArn") or DEFAULT).rsplit("/", 1)[-1])


def registry(identifier: Request | None) -> Request:
    """The registry that a `RegistryId` names.

    Raises:
        Refusal: `EntityNotFoundException` when there is none.
    """
    name = registry_name(identifier)
    found: Request | None = registries.get(name)
    if found is None:
        raise Refusal("EntityNotFoundException", f"Registry is not found. RegistryName: {name}.")
    return found


def schema_arn(identifier: Request) -> str:
    """The ARN that a `SchemaId` means.

    Example:
        >>> schema_arn({"SchemaArn": "arn:aws:glue:r:1:schema/shop/orders"})
        'arn:aws:glue:r:1:schema/shop/orders'
    """
    if identifier.get("SchemaArn"):
        return str(identifier["SchemaArn"])
    if not identifier.get("SchemaName"):
        raise Refusal("InvalidInputException", "SchemaId needs SchemaArn, or SchemaName and RegistryName.")
    return arn(f"schema/{identifier.get('RegistryName') or DEFAULT}/{identifier['SchemaName']}")


def schema(identifier: Request) -> Request:
    """The schema that a `SchemaId` names.

    Raises:
        Refusal: `EntityNotFoundException` when there is none.
    """
    wanted = schema_arn(identifier)
    found: Request | None = schemas.get(wanted)
    if found is None:
        name = wanted.rsplit("/", 1)[-1]
        raise Refusal(
            "EntityNotFoundException", f"Schema is not found. SchemaName: {name}, SchemaArn: {wanted}."
        )
    return found


def version_by_id(identifier: str) -> tuple[Request, Request]:
    """The schema and the version with this id, which names it in every record of a topic.

    Raises:
        Refusal: `EntityNotFoundException` when there is none.
    """
    for found in schemas.values():
        for version in found["Versions"]:
            if version["SchemaVersionId"] == identifier:
                return found, version
    raise Refusal("EntityNotFoundException", f"Schema version is not found. SchemaVersionId: {identifier}.")


def version(request: Request) -> tuple[Request, Request]:
    """The schema and the version that a request names, by the version's id or by schema and number.

    Raises:
        Refusal: `EntityNotFoundException` when there is none.
    """
    if request.get("SchemaVersionId"):
        return version_by_id(str(request["SchemaVersionId"]))
    found = schema(request.get("SchemaId") or {})
    return found, numbered(found, request.get("SchemaVersionNumber") or {})


def numbered(found: Request, number: Request) -> Request:
    """The version of a schema with a number, or the latest.

    Raises:
        Refusal: `EntityNotFoundException` when there is none.
    """
    if number.get("LatestVersion"):
        return latest(found)
    for one in found["Versions"]:
        if one["VersionNumber"] == number.get("VersionNumber"):
            return dict_of(one)
    raise Refusal(
        "EntityNotFoundException",
        f"Schema version is not found. SchemaName: {found['SchemaName']}, VersionNumber: "
        f"{number.get('VersionNumber')}.",
    )


def latest(found: Request) -> Request:
    """The last version of a schema that readers may use.

    Raises:
        Refusal: `EntityNotFoundException` when it has none.
    """
    usable = [one for one in found["Versions"] if one["Status"] == "AVAILABLE"]
    if not usable:
        raise Refusal("EntityNotFoundException", f"{found['SchemaName']} has no version.")
    return dict_of(usable[-1])


def dict_of(value: Any) -> Request:
    """A record as what it is: the stores are untyped."""
    found: Request = value
    return found


def page(items: list[Any], request: Request, member: str) -> Request:
    """One page of a list, by `MaxResults` and `NextToken`.

    Example:
        >>> page([1, 2, 3], {"MaxResults": 2}, "Schemas")
        {'Schemas': [1, 2], 'NextToken': '2'}
    """
    begin = int(request.get("NextToken") or 0)
    end = begin + int(request.get("MaxResults") or 25)
    return {member: items[begin:end], **({"NextToken": str(end)} if end < len(items) else {})}
