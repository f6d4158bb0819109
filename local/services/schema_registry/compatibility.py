"""Which earlier versions a new one must fit, and in which direction, by the schema's compatibility mode."""

from __future__ import annotations

from typing import Any

from local.services.schema_registry import judges

MODES = ("NONE", "DISABLED", "BACKWARD", "BACKWARD_ALL", "FORWARD", "FORWARD_ALL", "FULL", "FULL_ALL")


def problems(schema: dict[str, Any], definition: str) -> list[str]:
    """Why a definition may not become the next version of a schema; empty when it may.

    BACKWARD: its readers read what was written; FORWARD: earlier readers read what will be; FULL: both. `_ALL`
    asks for every version from the checkpoint on, without it the last alone counts.

    Raises:
        local.services.schema_registry.judges.Unjudged: Nobody here can tell.
    """
    mode = schema["Compatibility"]
    if mode in ("NONE", "DISABLED"):
        return []
    usable = [one for one in schema["Versions"] if one["Status"] == "AVAILABLE"]
    asked = [one for one in usable if one["VersionNumber"] >= schema["SchemaCheckpoint"]]
    found = []
    for earlier in asked if mode.endswith("_ALL") else usable[-1:]:
        before, number = earlier["SchemaDefinition"], earlier["VersionNumber"]
        if not mode.startswith("FORWARD"):
            why = judges.unreadable(schema["DataFormat"], definition, before)
            found += [f"it cannot read version {number}: {one}" for one in why]
        if not mode.startswith("BACKWARD"):
            why = judges.unreadable(schema["DataFormat"], before, definition, forward=True)
            found += [f"version {number} cannot read it: {one}" for one in why]
    return found
