"""What one grant gives on a database or table: permissions, and for SELECT which cells."""

from __future__ import annotations

from typing import Any

from local.services.lakeformation import cells, conditions, permissions, tag_expressions, tagged
from local.services.lakeformation.resources import EVERY_TABLE, Resource, column_names, parse

Entry = dict[str, Any]
Cells = tuple[set[str] | None, str]
"""Columns (None: all, those of earlier snapshots included) and a row filter (empty: every row)."""


def on_database(entry: Entry, database: str) -> set[str]:
    """The permissions that a grant gives on a database; one on a table of it gives DESCRIBE."""
    held = parse(entry["Resource"])
    if held.kind == "LFTagPolicy":
        policy = entry["Resource"]["LFTagPolicy"]
        reaches = policy.get("ResourceType") == "DATABASE" and tag_expressions.holds(
            policy, tagged.on_database(database)
        )
        return permissions.expanded("Database", entry["Permissions"]) if reaches else set()
    if held.database != database:
        return set()
    if held.kind == "Database":
        return permissions.expanded("Database", entry["Permissions"])
    if conditions.expression_of(entry):
        return set()  # a grant by attribute on a table does not show its database
    return {"DESCRIBE"} if held.kind in {"Table", "TableWithColumns", "DataCellsFilter"} else set()


def on_table(entry: Entry, database: str, table: str) -> set[str]:
    """The permissions that a grant gives on a table; SELECT may be for some cells only."""
    held = parse(entry["Resource"])
    if held.kind == "LFTagPolicy":
        return _by_tag(entry, database, table)
    if held.database != database or held.table not in {table, EVERY_TABLE}:
        return set()
    if held.kind == "DataCellsFilter":  # its other permissions are about the filter, not the table
        return permissions.expanded(held.kind, entry["Permissions"]) & {"SELECT"}
    if held.kind not in {"Table", "TableWithColumns"}:
        return set()
    return permissions.expanded(held.kind, entry["Permissions"])


def cells_of(entry: Entry, database: str, table: str) -> Cells:
    """The cells that a grant with SELECT on a table gives."""
    held = parse(entry["Resource"])
    if held.kind == "LFTagPolicy":
        return _columns_by_tag(entry["Resource"]["LFTagPolicy"], database, table), ""
    if held.kind == "DataCellsFilter":
        return cells.selected(held)
    return _named_columns(held, database, table), ""


def _named_columns(held: Resource, database: str, table: str) -> set[str] | None:
    if held.kind == "Table" or not held.detail:
        return None
    named = set(held.detail.removeprefix("!").split(","))
    return column_names(database, table) - named if held.detail.startswith("!") else named


def _by_tag(entry: Entry, database: str, table: str) -> set[str]:
    policy = entry["Resource"]["LFTagPolicy"]
    if policy.get("ResourceType") != "TABLE":
        return set()
    given = permissions.expanded("Table", entry["Permissions"])
    columns = _columns_by_tag(policy, database, table)
    selectable = given & {"SELECT"} if columns is None or columns else set()
    if tag_expressions.holds(policy, tagged.on_table(database, table)):
        return given - {"SELECT"} | selectable
    return selectable


def _columns_by_tag(policy: Entry, database: str, table: str) -> set[str] | None:
    """The columns for whose tags the expression holds; all when it holds for the table and no column is left out.

    A column that was dropped keeps its tags, so that it stays hidden in earlier snapshots.
    """
    present = column_names(database, table)
    known = present | tagged.columns_with_own_tags(database, table)
    holding = {
        name for name in known if tag_expressions.holds(policy, tagged.on_column(database, table, name))
    }
    whole = tag_expressions.holds(policy, tagged.on_table(database, table))
    return None if whole and holding == known else holding & present
