"""SearchTables and the listings, which show a caller only what Lake Formation lets it see."""

from __future__ import annotations

import re
from typing import Any

from ministack.core.iam_evaluator import caller_arn
from ministack.services import glue

from local.services.glue import governance, visibility
from local.services.lakeformation import registered_role
from local.services.refusal import Refusal

Request = dict[str, Any]


def tables(request: Request) -> Request:
    """GetTables: the tables of a database that the caller may see and whose name matches the expression.

    Raises:
        Refusal: when the database does not exist or the expression is no regular expression.
    """
    database = request["DatabaseName"]
    if database not in glue._databases:
        raise Refusal("EntityNotFoundException", f"Database {database} not found.")
    found = sorted(
        (table for key, table in glue._tables.items() if key.startswith(f"{database}/")),
        key=lambda t: t["Name"],
    )
    if request.get("Expression"):
        pattern = _pattern(request["Expression"])
        found = [table for table in found if pattern.fullmatch(table["Name"])]
    caller = caller_arn()
    return _page(
        request,
        "TableList",
        [shown(t, caller=caller) for t in found if governance.may_see_table(t, caller=caller)],
    )


def databases(request: Request) -> Request:
    """GetDatabases: those that the caller may see."""
    caller = caller_arn()
    found = sorted(glue._databases.values(), key=lambda database: str(database["Name"]))
    return _page(request, "DatabaseList", [d for d in found if governance.may_see_database(d, caller=caller)])


def table(request: Request) -> Request:
    """GetTable.

    Raises:
        Refusal: when it does not exist.
    """
    found = glue._tables.get(f"{request['DatabaseName']}/{request['Name']}")
    if found is None:
        raise Refusal(
            "EntityNotFoundException", f"Entity Not Found: table {request['DatabaseName']}.{request['Name']}"
        )
    return {"Table": shown(found, caller=caller_arn())}


def search(request: Request) -> Request:
    """SearchTables: by text in name, description and columns, and by filters such as `DatabaseName = x`."""
    caller, text = caller_arn(), str(request.get("SearchText") or "").strip('"').lower()
    found = [
        shown(table, caller=caller)
        for table in glue._tables.values()
        if governance.may_see_table(table, caller=caller)
        and (not text or text in _told(visibility.as_seen(table, caller=caller)))
        and all(_admits(condition, table) for condition in request.get("Filters") or [])
    ]
    for order in reversed(request.get("SortCriteria") or []):
        found.sort(key=lambda t: str(t.get(order["FieldName"], "")), reverse=order.get("Sort") == "DESC")
    return _page(request, "TableList", found)


def shown(table: dict[str, Any], *, caller: str) -> dict[str, Any]:
    """A table as the API answers it to a caller."""
    location = (table.get("StorageDescriptor") or {}).get("Location") or ""
    registered = bool(location) and registered_role(location) is not None
    seen = visibility.as_seen(table, caller=caller)
    return {name: value for name, value in seen.items() if value is not None} | {
        "IsRegisteredWithLakeFormation": registered
    }


def _told(table: dict[str, Any]) -> str:
    columns = [column["Name"] for column in (table.get("StorageDescriptor") or {}).get("Columns") or []]
    return " ".join([table["Name"], table["DatabaseName"], table.get("Description") or "", *columns]).lower()


def _admits(condition: dict[str, Any], table: dict[str, Any]) -> bool:
    key, wanted = condition["Key"], condition["Value"]
    held = table.get(key[0].upper() + key[1:]) or (table.get("Parameters") or {}).get(key) or ""
    how = condition.get("Comparator", "EQUALS")
    if how == "EQUALS":
        return bool(str(held) == wanted)
    held, wanted = str(held), str(wanted)
    return {
        "GREATER_THAN": held > wanted,
        "LESS_THAN": held < wanted,
        "GREATER_THAN_EQUALS": held >= wanted,
        "LESS_THAN_EQUALS": held <= wanted,
    }.get(how, False)


def _pattern(expression: str) -> re.Pattern[str]:
    """GetTables takes regular expressions; clients also send the globs of SHOW TABLES."""
    try:
        return re.compile(re.sub(r"(?<![.\])])\*", ".*", expression))
    except re.error as error:
        raise Refusal("InvalidInputException", f"Expression {expression!r} is no pattern: {error}") from error


def _page(request: Request, name: str, found: list[dict[str, Any]]) -> Request:
    start, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 100)
    page: Request = {name: found[start : start + size]}
    if start + size < len(found):
        page["NextToken"] = str(start + size)
    return page
