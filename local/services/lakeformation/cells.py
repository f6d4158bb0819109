"""Data cells filters: some columns and some rows of a table, to be granted together."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from ministack.services import glue

from local.services.lakeformation import grants, row_filter, state
from local.services.lakeformation.resources import (
    Resource,
    column_names,
    parse,
    require_columns,
    require_exists,
)
from local.services.refusal import Refusal

Entry = dict[str, Any]


def create(request: Entry) -> None:
    """Stores a filter.

    Raises:
        Refusal: when one of that name exists on the table, or its columns or rows do not fit the table.
    """
    data = request["TableData"]
    _require_fits(data)
    if _key(data) in state.cells:
        raise Refusal("AlreadyExistsException", f"Data cells filter {_key(data)} already exists.")
    state.cells[_key(data)] = {**copy.deepcopy(data), "VersionId": str(uuid.uuid4())}


def update(request: Entry) -> None:
    """Replaces a filter; what it grants changes at once.

    Raises:
        Refusal: when it does not exist, or its columns or rows do not fit the table.
    """
    data = request["TableData"]
    _required(data)
    _require_fits(data)
    state.cells[_key(data)] = {**copy.deepcopy(data), "VersionId": str(uuid.uuid4())}


def get(request: Entry) -> Entry:
    """One filter.

    Raises:
        Refusal: when it does not exist.
    """
    return {"DataCellsFilter": _required(request)}


def delete(request: Entry) -> None:
    """Removes a filter, and with it the permissions that were granted through it.

    Raises:
        Refusal: when it does not exist.
    """
    _required(request)
    del state.cells[_key(request)]
    resource = _resource(request)
    grants.forget_filter(resource.database, resource.table, resource.detail)


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


def forget(database: str, table: str | None = None) -> None:
    """Drops the filters of a table, or of every table of a database, when that is deleted."""
    for key in list(state.cells):
        held_database, held_table, _ = key.split("/", 2)
        if held_database == database and (table is None or held_table == table):
            del state.cells[key]


def selected(resource: Resource) -> tuple[set[str] | None, str]:
    """What a filter lets through.

    Returns:
        The columns, None for all of the table's; and the row filter, empty for every row. A filter that is gone
        lets nothing through.
    """
    data = state.cells.get(resource.filter_key)
    if data is None:
        return set(), ""
    expression = str((data.get("RowFilter") or {}).get("FilterExpression") or "")
    rows = "" if expression.strip().lower() == "true" else expression
    if data.get("ColumnNames"):
        return {name.lower() for name in data["ColumnNames"]}, rows
    excluded = {name.lower() for name in (data.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or []}
    return (column_names(resource.database, resource.table) - excluded if excluded else None), rows


def _require_fits(data: Entry) -> None:
    """Refuses a filter that AWS would refuse: the table, its columns and the expression must be sound."""
    require_exists({"DataCellsFilter": data})
    resource = _resource(data)
    named, wildcard = list(data.get("ColumnNames") or []), data.get("ColumnWildcard")
    if bool(named) == (wildcard is not None):
        raise Refusal(
            "InvalidInputException",
            f"Data cells filter {data['Name']} must have either ColumnNames or ColumnWildcard, and not both.",
        )
    require_columns(
        resource.database, resource.table, [*named, *((wildcard or {}).get("ExcludedColumnNames") or [])]
    )
    rows = data.get("RowFilter") or {}
    if rows.get("FilterExpression") is not None and rows.get("AllRowsWildcard") is not None:
        raise Refusal(
            "InvalidInputException",
            f"The RowFilter of {data['Name']} must have either FilterExpression or AllRowsWildcard, and not both.",
        )
    if rows.get("FilterExpression") is not None:
        table = glue._tables[f"{resource.database}/{resource.table}"]
        row_filter.check(rows["FilterExpression"], row_filter.Columns.of(table))


def _resource(data: Entry) -> Resource:
    return parse({"DataCellsFilter": data})


def _key(data: Entry) -> str:
    return _resource(data).filter_key


def _required(data: Entry) -> Entry:
    found: Entry | None = state.cells.get(_key(data))
    if found is None:
        raise Refusal("EntityNotFoundException", f"Data cells filter {_key(data)} does not exist.")
    return found
