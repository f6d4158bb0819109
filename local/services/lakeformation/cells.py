"""Data cells filters: stored and listed; what they let through is the query engine's work."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from local.services.lakeformation import state
from local.services.refusal import Refusal

Entry = dict[str, Any]


def create(request: Entry) -> None:
    """Stores a filter.

    Raises:
        Refusal: when one of that name exists on the table.
    """
    data = request["TableData"]
    if _key(data) in state.cells:
        raise Refusal("AlreadyExistsException", f"Data cells filter {_key(data)} already exists.")
    state.cells[_key(data)] = {**copy.deepcopy(data), "VersionId": str(uuid.uuid4())}


def update(request: Entry) -> None:
    """Replaces a filter.

    Raises:
        Refusal: when it does not exist.
    """
    data = request["TableData"]
    _required(data)
    state.cells[_key(data)] = {**copy.deepcopy(data), "VersionId": str(uuid.uuid4())}


def get(request: Entry) -> Entry:
    """One filter.

    Raises:
        Refusal: when it does not exist.
    """
    return {"DataCellsFilter": _required(request)}


def delete(request: Entry) -> None:
    """Removes a filter.

    Raises:
        Refusal: when it does not exist.
    """
    _required(request)
    del state.cells[_key(request)]


def listed(request: Entry) -> Entry:
    """The filters of a table, or all."""
    table = request.get("Table") or {}
    return {
        "DataCellsFilters": [
            found
            for found in state.cells.values()
            if not table
            or (found["DatabaseName"], found["TableName"]) == (table.get("DatabaseName"), table.get("Name"))
        ]
    }


def _key(data: Entry) -> str:
    return f"{data['DatabaseName']}/{data['TableName']}/{data['Name']}"


def _required(data: Entry) -> Entry:
    found: Entry | None = state.cells.get(_key(data))
    if found is None:
        raise Refusal("EntityNotFoundException", f"Data cells filter {_key(data)} does not exist.")
    return found
