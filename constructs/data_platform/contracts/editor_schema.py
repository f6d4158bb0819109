"""The JSON schema that editors complete and check contracts with: ODCS, our profile and customProperties in one.

`python -m data_platform.contracts.editor_schema > docs/schemas/data-contract.schema.json` writes it.
"""

from __future__ import annotations

import copy
import json
import sys
from typing import Any

from data_platform.contracts.schema import CUSTOM_PROPERTIES, ODCS, PROFILE, load_schema

# Levels of the profile whose elements have customProperties.
_LEVELS = ("Contract", "Column", "Quality", "Relationship", "Role")


def editor_schema() -> dict[str, Any]:
    """ODCS v3.1.0 narrowed by the profile, with the customProperties that each level may have."""
    schema = copy.deepcopy(load_schema(ODCS))
    profile = _renamed(load_schema(PROFILE)["$defs"], "Platform")
    custom = load_schema(CUSTOM_PROPERTIES)["$defs"]
    for level in _LEVELS:
        profile[f"Platform{level}"].setdefault("properties", {})["customProperties"] = _listed(custom[level])
    schema["title"] = "Data contract of the data platform (ODCS v3.1.0, narrowed)"
    schema["$comment"] = (
        "Made by data_platform.contracts.editor_schema; ODCS is Apache-2.0, see schemas/NOTICE."
    )
    schema["allOf"] = [{"$ref": "#/$defs/PlatformContract"}]
    schema["$defs"] |= profile | _renamed(custom, "Custom")
    return schema


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(editor_schema(), indent=2) + "\n"


def _listed(definition: dict[str, Any]) -> dict[str, Any]:
    """The ODCS spelling of a mapping of custom properties: a list of {property, value}."""
    known = definition["properties"]
    values = [
        {
            "if": {"properties": {"property": {"const": name}}, "required": ["property"]},
            "then": {"properties": {"value": _pointed(value, "Custom")}},
        }
        for name, value in known.items()
    ]
    needed = [
        {"contains": {"properties": {"property": {"const": name}}, "required": ["property"]}}
        for name in definition.get("required", [])
    ]
    items = {"properties": {"property": {"enum": list(known)}}, "allOf": values}
    return {"type": "array", "items": items} | ({"allOf": needed} if needed else {})


def _renamed(definitions: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Definitions under other names, and references to them likewise, so that none collides with ODCS."""
    return {f"{prefix}{name}": _pointed(value, prefix) for name, value in definitions.items()}


def _pointed(value: Any, prefix: str) -> Any:
    if isinstance(value, dict):
        return {
            key: item.replace("#/$defs/", f"#/$defs/{prefix}") if key == "$ref" else _pointed(item, prefix)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_pointed(item, prefix) for item in value]
    return copy.deepcopy(value)


if __name__ == "__main__":
    sys.stdout.write(text())
