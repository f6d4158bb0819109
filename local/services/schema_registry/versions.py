"""Versions of schemas: registered, judged, found by their id (which is in every record), number or definition."""

from __future__ import annotations

import difflib
import json
import logging
import uuid
from typing import Any

from local.services.refusal import Refusal
from local.services.schema_registry import compatibility, judges, state

logger = logging.getLogger("local.schema_registry")

Request = dict[str, Any]
_LONGEST = 170_000
_TOLD = ("SchemaVersionId", "VersionNumber", "Status", "CreatedTime")


def add(schema: Request, definition: str) -> Request:
    """Make a definition the next version of a schema; one that does not fit the earlier ones is kept as FAILURE.

    Raises:
        Refusal: It is no definition of the schema's format.
    """
    if len(definition) > _LONGEST:
        raise Refusal("InvalidInputException", f"SchemaDefinition has more than {_LONGEST} characters.")
    try:
        wrong = judges.problem(schema["DataFormat"], definition)
        unfit = [] if wrong else compatibility.problems(schema, definition)
    except judges.Unjudged as error:
        raise Refusal("InvalidInputException", str(error)) from error
    if wrong:
        raise Refusal(
            "InvalidInputException", f"Schema definition of {schema['DataFormat']} is invalid: {wrong}"
        )
    if unfit:
        logger.warning("A version of %s does not fit: %s", schema["SchemaName"], "; ".join(unfit))
    made = {
        "SchemaVersionId": str(uuid.uuid4()),
        "VersionNumber": schema["NextVersion"],
        "SchemaDefinition": definition,
        "Status": "FAILURE" if unfit else "AVAILABLE",
        "CreatedTime": state.now(),
        "Metadata": [],
        "Problems": unfit,
    }
    schema["NextVersion"] += 1
    schema["Versions"].append(made)
    return made


def register(request: Request) -> Request:
    """RegisterSchemaVersion; a definition that the schema has already is answered with its version."""
    schema = state.schema(request["SchemaId"])
    known = _same(schema, request["SchemaDefinition"])
    if known is None and schema["Compatibility"] == "DISABLED" and schema["Versions"]:
        raise Refusal(
            "InvalidInputException", f"{schema['SchemaName']} is DISABLED: it takes no new versions."
        )
    made = known or add(schema, request["SchemaDefinition"])
    return {field: made[field] for field in _TOLD[:3]}


def _same(schema: Request, definition: str) -> Request | None:
    wanted = canonical(schema["DataFormat"], definition)
    for one in schema["Versions"]:
        if canonical(schema["DataFormat"], one["SchemaDefinition"]) == wanted:
            return state.dict_of(one)
    return None


def canonical(data_format: str, definition: str) -> str:
    """A definition without what means nothing: white space and, in JSON, the order of names.

    Example:
        >>> canonical("AVRO", '{"type": "string" }') == canonical("AVRO", '{"type":"string"}')
        True
    """
    if data_format == "PROTOBUF":
        return " ".join(definition.split())
    try:
        return json.dumps(json.loads(definition), sort_keys=True)
    except json.JSONDecodeError:
        return definition


def by_definition(request: Request) -> Request:
    """GetSchemaByDefinition, which producers ask before they register.

    Raises:
        Refusal: `EntityNotFoundException` when the schema has no such version.
    """
    schema = state.schema(request["SchemaId"])
    found = _same(schema, request["SchemaDefinition"])
    if found is None:
        raise Refusal(
            "EntityNotFoundException", f"Schema version is not found. SchemaName: {schema['SchemaName']}."
        )
    kept = {field: found[field] for field in ("SchemaVersionId", "Status", "CreatedTime")}
    return {**kept, "SchemaArn": schema["SchemaArn"], "DataFormat": schema["DataFormat"]}


def get(request: Request) -> Request:
    """GetSchemaVersion."""
    schema, found = state.version(request)
    kept = {field: found[field] for field in (*_TOLD, "SchemaDefinition")}
    return {**kept, "SchemaArn": schema["SchemaArn"], "DataFormat": schema["DataFormat"]}


def listed(request: Request) -> Request:
    """ListSchemaVersions."""
    schema = state.schema(request["SchemaId"])
    found = [
        {**{field: one[field] for field in _TOLD}, "SchemaArn": schema["SchemaArn"]}
        for one in schema["Versions"]
    ]
    return state.page(found, request, "Schemas")


def check(request: Request) -> Request:
    """CheckSchemaVersionValidity."""
    try:
        wrong = judges.problem(request["DataFormat"], request["SchemaDefinition"])
    except judges.Unjudged as error:
        raise Refusal("InvalidInputException", str(error)) from error
    return {"Valid": not wrong, **({"Error": wrong} if wrong else {})}


def differences(request: Request) -> Request:
    """GetSchemaVersionsDiff: line by line."""
    schema = state.schema(request["SchemaId"])
    first, second = (
        state.numbered(schema, request[f"{which}SchemaVersionNumber"])["SchemaDefinition"].splitlines()
        for which in ("First", "Second")
    )
    return {"Diff": "\n".join(difflib.unified_diff(first, second, lineterm=""))}


def delete(request: Request) -> Request:
    """DeleteSchemaVersions: one number, or a range such as 2-4; the checkpoint's version stays."""
    schema, errors = state.schema(request["SchemaId"]), []
    first, _, last = str(request["Versions"]).partition("-")
    if not first.isdigit() or (last and not last.isdigit()):
        raise Refusal("InvalidInputException", f"Versions {request['Versions']!r} is no number and no range.")
    for number in range(int(first), int(last or first) + 1):
        known = any(one["VersionNumber"] == number for one in schema["Versions"])
        if known and number != schema["SchemaCheckpoint"]:
            schema["Versions"] = [one for one in schema["Versions"] if one["VersionNumber"] != number]
            continue
        code, why = (
            ("InvalidInputException", "The checkpoint version cannot be deleted; delete the schema.")
            if known
            else ("EntityNotFoundException", "Schema version is not found.")
        )
        errors.append({"VersionNumber": number, "ErrorDetails": {"ErrorCode": code, "ErrorMessage": why}})
    return {"SchemaVersionErrors": errors}
