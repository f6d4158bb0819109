"""Metadata of a version of a schema: keys with one value or several."""

from __future__ import annotations

from typing import Any

from local.services.refusal import Refusal
from local.services.schema_registry import state

Request = dict[str, Any]
_MOST = 10


def put(request: Request) -> Request:
    """PutSchemaVersionMetadata."""
    schema, found = state.version(request)
    pair = _pair(request)
    if any(_is(one, pair) for one in found["Metadata"]):
        raise Refusal(
            "AlreadyExistsException", f"The metadata {pair['MetadataKey']} with this value is there."
        )
    if len(found["Metadata"]) >= _MOST:
        raise Refusal(
            "ResourceNumberLimitExceededException", f"A version has at most {_MOST} pairs of metadata."
        )
    found["Metadata"].append({**pair, "CreatedTime": state.now()})
    return _answer(schema, found, pair)


def remove(request: Request) -> Request:
    """RemoveSchemaVersionMetadata."""
    schema, found = state.version(request)
    pair = _pair(request)
    if not any(_is(one, pair) for one in found["Metadata"]):
        raise Refusal(
            "EntityNotFoundException", f"There is no metadata {pair['MetadataKey']} with this value."
        )
    found["Metadata"] = [one for one in found["Metadata"] if not _is(one, pair)]
    return _answer(schema, found, pair)


def query(request: Request) -> Request:
    """QuerySchemaVersionMetadata: all, or what is asked for by key and value."""
    _, found = state.version(request)
    wanted = request.get("MetadataList") or [{}]
    told: dict[str, Request] = {}
    for one in found["Metadata"]:
        if not any(_fits(one, asked) for asked in wanted):
            continue
        value = {"MetadataValue": one["MetadataValue"], "CreatedTime": one["CreatedTime"]}
        if one["MetadataKey"] in told:
            told[one["MetadataKey"]].setdefault("OtherMetadataValueList", []).append(value)
        else:
            told[one["MetadataKey"]] = value
    return {"MetadataInfoMap": told, "SchemaVersionId": found["SchemaVersionId"]}


def _pair(request: Request) -> Request:
    given = request["MetadataKeyValue"]
    return {"MetadataKey": given["MetadataKey"], "MetadataValue": given["MetadataValue"]}


def _is(one: Request, pair: Request) -> bool:
    return all(one[field] == value for field, value in pair.items())


def _fits(one: Request, asked: Request) -> bool:
    return all(asked.get(field) in (None, one[field]) for field in ("MetadataKey", "MetadataValue"))


def _answer(schema: Request, found: Request, pair: Request) -> Request:
    kept = {field: schema[field] for field in ("SchemaArn", "SchemaName", "RegistryName")}
    latest = state.latest(schema)["SchemaVersionId"] == found["SchemaVersionId"]
    version = {"VersionNumber": found["VersionNumber"], "SchemaVersionId": found["SchemaVersionId"]}
    return {**kept, **version, "LatestVersion": latest, **pair}
