"""What carries which LF-tag: tables inherit from their database and columns from their table, unless overridden."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id

from local.services.lakeformation import state, tags
from local.services.lakeformation.resources import Resource, column_names, parse, require_exists
from local.services.refusal import Refusal

Entry = dict[str, Any]


def attach(request: Entry) -> Entry:
    """Tags a database, a table, or columns; the answer names the tags that could not be attached.

    Raises:
        Refusal: when the resource does not exist, or is none that carries tags.
    """
    failures = []
    named = targets(request["Resource"])
    for pair in request["LFTags"]:
        wrong = tags.undefined([pair])
        code = "EntityNotFoundException"
        if not wrong and len(pair["TagValues"]) != 1:
            code = "InvalidInputException"
            wrong = [
                f"A resource carries one value of tag {pair['TagKey']}; given are {', '.join(pair['TagValues'])}."
            ]
        if wrong:
            error = {"ErrorCode": code, "ErrorMessage": " ".join(wrong)}
            failures.append({"LFTag": pair, "Error": error})
            continue
        for target in named:
            held = state.tagged.get(target.key) or {}
            state.tagged[target.key] = {**held, pair["TagKey"].lower(): pair["TagValues"][0].lower()}
    return {"Failures": failures}


def detach(request: Entry) -> Entry:
    """Removes tags from a resource, where it carries them with the named value; what it inherits then holds again."""
    gone = {
        (pair["TagKey"].lower(), value.lower()) for pair in request["LFTags"] for value in pair["TagValues"]
    }
    for target in targets(request["Resource"], existing=False):
        take_away(target, gone)
    return {"Failures": []}


def take_away(target: Resource, gone: set[tuple[str, str]]) -> None:
    """Removes tags, as key and value, where a database, table or column carries them."""
    held = state.tagged.get(target.key)
    if held is not None:
        state.tagged[target.key] = {key: value for key, value in held.items() if (key, value) not in gone}


def of_resource(request: Entry) -> Entry:
    """The tags of a database, table or columns, with what they inherit unless `ShowAssignedLFTags` asks for less."""
    resource = parse(request["Resource"])
    own = bool(request.get("ShowAssignedLFTags"))
    answer = {"LFTagOnDatabase": _pairs(on_database(resource.database))}
    if resource.kind == "Database":
        return answer
    on = {"database": resource.database, "table": resource.table}
    answer["LFTagsOnTable"] = _pairs(_carried(Resource(kind="Table", **on)) if own else on_table(**on))
    wanted = request["Resource"].get("TableWithColumns", {}).get("ColumnNames") or column_names(**on)
    columns = {
        name: _carried(_column(**on, column=name)) if own else on_column(**on, column=name)
        for name in sorted(name.lower() for name in wanted)
    }
    answer["LFTagsOnColumns"] = [
        {"Name": name, "LFTags": _pairs(carried)} for name, carried in columns.items() if carried
    ]
    return answer


def on_database(database: str) -> dict[str, str]:
    """The tags of a database."""
    return _carried(Resource(kind="Database", database=database))


def on_table(database: str, table: str) -> dict[str, str]:
    """The tags of a table: its database's, and its own over those."""
    return {**on_database(database), **_carried(Resource(kind="Table", database=database, table=table))}


def on_column(database: str, table: str, column: str) -> dict[str, str]:
    """The tags of a column: its table's, and its own over those."""
    return {**on_table(database, table), **_carried(_column(database, table, column))}


def columns_with_own_tags(database: str, table: str) -> set[str]:
    """The columns of a table that override a tag, those that have since been dropped included."""
    start = _column(database, table, "").key
    return {key.removeprefix(start) for key, held in state.tagged.items() if held and key.startswith(start)}


def forget(database: str, table: str | None = None) -> None:
    """Drops the tags of a table and its columns, or of a database and all in it, when that is deleted."""
    for key in list(state.tagged):
        _, held_database, held_table, _ = key.split("|", 3)
        if held_database == database and (table is None or held_table == table):
            del state.tagged[key]


def targets(request: Entry, *, existing: bool = True) -> list[Resource]:
    """The resources that carry tags for a request: a database, a table, or each of the named columns.

    Raises:
        Refusal: when it means none of those, or (unless `existing` is off) does not exist.
    """
    resource = parse(request)
    if resource.kind not in {"Database", "Table", "TableWithColumns"} or resource.table == "*":
        raise Refusal("InvalidInputException", "Tags are carried by a database, a table or named columns.")
    if existing:
        require_exists(request)
    if resource.kind != "TableWithColumns":
        return [resource]
    names = request["TableWithColumns"].get("ColumnNames") or []
    if not names:
        raise Refusal("InvalidInputException", "TableWithColumns must list ColumnNames to be tagged.")
    return [_column(resource.database, resource.table, name) for name in names]


def _column(database: str, table: str, column: str) -> Resource:
    return Resource(kind="TableWithColumns", database=database, table=table, detail=column.lower())


def _carried(resource: Resource) -> dict[str, str]:
    return dict(state.tagged.get(resource.key) or {})


def _pairs(carried: dict[str, str]) -> list[Entry]:
    return [
        {"CatalogId": get_account_id(), "TagKey": key, "TagValues": [value]} for key, value in carried.items()
    ]
