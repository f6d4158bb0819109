"""LF-tags: their keys and the values that each may take."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id

from local.services.lakeformation import state
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
    """Adds and removes allowed values; a value that goes is taken from what carries it.

    Raises:
        Refusal: when the tag is not defined.
    """
    key = request["TagKey"].lower()
    gone = {value.lower() for value in request.get("TagValuesToDelete") or []}
    kept = [value for value in _values(key) if value not in gone]
    state.tags[key] = kept + [v.lower() for v in request.get("TagValuesToAdd") or [] if v.lower() not in kept]
    for carried in state.tagged.values():
        if carried.get(key) in gone:
            del carried[key]


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


def undefined(pairs: list[Entry]) -> list[str]:
    """What is wrong with tags that are named somewhere: keys and values that are not defined.

    Example:
        >>> undefined([{"TagKey": "nowhere", "TagValues": ["x"]}])
        ['Tag nowhere with value x is not defined.']
    """
    return [
        f"Tag {pair['TagKey'].lower()} with value {value.lower()} is not defined."
        for pair in pairs
        for value in pair["TagValues"]
        if value.lower() not in (state.tags.get(pair["TagKey"].lower()) or [])
    ]


def _values(key: str) -> list[str]:
    values = state.tags.get(key)
    if values is None:
        raise Refusal("EntityNotFoundException", f"Tag key does not exist: {key}")
    return list(values)
