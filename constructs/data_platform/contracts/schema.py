"""The shape of a contract: ODCS v3.1.0, what this platform asks beyond it, and its customProperties."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from data_platform.contracts.custom_properties import fold_levels
from data_platform.contracts.schema_errors import findings_of

if TYPE_CHECKING:
    from jsonschema import Draft201909Validator

    from data_platform.contracts.errors import Finding
    from data_platform.contracts.source_map import Document

ODCS = "odcs-json-schema-v3.1.0.json"
PROFILE = "profile.schema.json"
CUSTOM_PROPERTIES = "custom-properties.schema.json"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """One of the JSON schemas that this package ships."""
    text = resources.files("data_platform.contracts").joinpath("schemas", name).read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def validator(name: str, definition: str = "") -> Draft201909Validator:
    """The validator of a shipped schema, or of one of its `$defs`."""
    from jsonschema import Draft201909Validator  # noqa: PLC0415 # 0.2 s that `dp --help` need not wait for

    schema = load_schema(name)
    if definition:
        schema = {"$schema": schema["$schema"], "$defs": schema["$defs"], "$ref": f"#/$defs/{definition}"}
    return Draft201909Validator(schema)


def structural_findings(document: Document) -> list[Finding]:
    """Everything in which the document breaks the schemas, each thing once.

    Builders may rely on shapes and types when this is empty.
    """
    found = findings_of(document, (), document.value, validator(PROFILE))
    # What both refuse, the profile says better: its lists are what is allowed here. One finding a place.
    said = {(finding.line, finding.field) for finding in found}
    wider = findings_of(document, (), document.value, validator(ODCS))
    found += [finding for finding in wider if (finding.line, finding.field) not in said]
    if found:
        return found
    for level in fold_levels(document, found):
        found += findings_of(
            document, level.steps, level.values, validator(CUSTOM_PROPERTIES, level.definition), level.origins
        )
    return found
