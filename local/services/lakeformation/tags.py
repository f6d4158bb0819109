"""LF-tags: their values, what carries them, and whether a tag expression holds for a table."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id

from local.services.lakeformation import state
from local.services.lakeformation.resources import Resource, parse
from local.services.refusal import Refusal

Entry = dict[str, Any]


def create(request: Entry) -> None:
    """Defines a tag and its allowed values.

    Raises:
        Refusal: when the tag exists.
    """
    key = request["TagKey"].lower()
    if key in state.tags:
        raise Refusal("AlreadyExistsException", f"Tag key already exists: {key}")
    state.tags[key] = [value.lower() for value in request["TagValues"]]


def get(request: Entry) -> Entry:
    """One tag.

    Raises:
        Refusal: when it is not defined.
    """
    key = request["TagKey"].lower()
    return {"CatalogId": get_account_id(), "TagKey": key, "TagValues": _values(key)}


def listed(_request: Entry) -> Entry:
    """Every tag."""
    found = [
        {"CatalogId": get_account_id(), "TagKey": key, "TagValues": values}
        for key, values in state.tags.items()
    ]
    return {"LFTags": found}


def update(request: Entry) -> None:
    """Adds and removes allowed values.

    Raises:
        Refusal: when the tag is not defined.
    """
    key = request["TagKey"].lower()
    gone = {value.lower() for value in request.get("TagValuesToDelete") or []}
    kept = [value for value in _values(key) if value not in gone]
    state.tags[key] = kept + [v.lower() for v in request.get("TagValuesToAdd") or [] if v.lower() not in kept]


def delete(request: Entry) -> None:
    """Removes a tag, also from what carries it.

    Raises:
        Refusal: when the tag is not defined.
    """
    key = request["TagKey"].lower()
    _values(key)
    del state.tags[key]
    for carried in state.tagged.values():
        carried.pop(key, None)


def attach(request: Entry) -> Entry:
    """Tags a database, table or columns; the answer names the tags that are not defined."""
    failures = []
    resource = parse(request["Resource"]).key
    for pair in request["LFTags"]:
        key, values = pair["TagKey"].lower(), [value.lower() for value in pair["TagValues"]]
        unknown = [value for value in values if value not in (state.tags.get(key) or [])]
        if unknown:
            text = f"Tag {key} with value {', '.join(unknown)} is not defined."
            failures.append(
                {"LFTag": pair, "Error": {"ErrorCode": "EntityNotFoundException", "ErrorMessage": text}}
            )
            continue
        state.tagged[resource] = {**(state.tagged.get(resource) or {}), key: values}
    return {"Failures": failures}


def detach(request: Entry) -> Entry:
    """Removes tags from a resource."""
    resource = parse(request["Resource"]).key
    gone = {pair["TagKey"].lower() for pair in request["LFTags"]}
    state.tagged[resource] = {k: v for k, v in (state.tagged.get(resource) or {}).items() if k not in gone}
    return {"Failures": []}


def of_resource(request: Entry) -> Entry:
    """The tags of a resource: on the database, and on the table as it inherits them."""
    resource = parse(request["Resource"])
    database = _pairs(_carried(Resource(kind="Database", database=resource.database)))
    if resource.kind == "Database":
        return {"LFTagOnDatabase": database}
    table = {**_carried(Resource(kind="Database", database=resource.database)), **_carried(resource)}
    return {"LFTagOnDatabase": database, "LFTagsOnTable": _pairs(table)}


def expression_holds(policy: Entry, database: str, table: str | None) -> bool:
    """Whether an LF-tag policy reaches a database (table None) or a table."""
    wanted = policy.get("ResourceType")
    if (table is None) != (wanted == "DATABASE"):
        return False
    carried = _carried(Resource(kind="Database", database=database))
    if table is not None:
        carried = {**carried, **_carried(Resource(kind="Table", database=database, table=table))}
    return all(
        set(carried.get(term["TagKey"].lower(), ())) & {value.lower() for value in term["TagValues"]}
        for term in policy["Expression"]
    )


def _carried(resource: Resource) -> dict[str, list[str]]:
    return dict(state.tagged.get(resource.key) or {})


def _pairs(carried: dict[str, list[str]]) -> list[Entry]:
    return [{"CatalogId": get_account_id(), "TagKey": key, "TagValues": v} for key, v in carried.items()]


def _values(key: str) -> list[str]:
    values = state.tags.get(key)
    if values is None:
        raise Refusal("EntityNotFoundException", f"Tag key does not exist: {key}")
    return list(values)
