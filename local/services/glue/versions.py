"""Earlier versions of tables, which Glue keeps unless an update says SkipArchive."""

from __future__ import annotations

import copy
from typing import Any

from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import glue

from local.services.glue import visibility
from local.services.refusal import Refusal

Request = dict[str, Any]
_KEPT = 100

archive: Any = AccountRegionScopedDict()  # "database/table" -> earlier versions of the table, oldest first


def keep(key: str, table: dict[str, Any]) -> None:
    """Archives the table as it is before an update; the oldest beyond a hundred go."""
    archive[key] = [*(archive.get(key) or []), copy.deepcopy(table)][-_KEPT:]


def forget(key: str) -> None:
    """Drops a table's versions with the table."""
    archive.pop(key, None)


def listed(request: Request) -> Request:
    """Every version, the newest first.

    Raises:
        Refusal: when the table does not exist.
    """
    found = [_version(table) for table in reversed(_all(request))]
    start, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 100)
    page: Request = {"TableVersions": found[start : start + size]}
    if start + size < len(found):
        page["NextToken"] = str(start + size)
    return page


def get(request: Request) -> Request:
    """One version, the current one by default.

    Raises:
        Refusal: when the table or the version does not exist.
    """
    every = _all(request)
    wanted = request.get("VersionId")
    for table in reversed(every):
        if wanted in {None, table["VersionId"]}:
            return {"TableVersion": _version(table)}
    raise Refusal("EntityNotFoundException", f"Version {wanted} of table {request['TableName']} not found.")


def delete(request: Request) -> None:
    """Removes one earlier version.

    Raises:
        Refusal: when it does not exist, or is the current one.
    """
    failed = delete_batch({**request, "VersionIds": [request["VersionId"]]})["Errors"]
    if failed:
        raise Refusal(failed[0]["ErrorDetail"]["ErrorCode"], failed[0]["ErrorDetail"]["ErrorMessage"])


def delete_batch(request: Request) -> Request:
    """Removes earlier versions; the answer names those that could not be removed.

    Raises:
        Refusal: when the table does not exist.
    """
    key = f"{request['DatabaseName']}/{request['TableName']}"
    current = _all(request)[-1]["VersionId"]
    held = {table["VersionId"] for table in archive.get(key) or []}
    errors = []
    for version in request["VersionIds"]:
        code = "InvalidInputException" if version == current else "EntityNotFoundException"
        if version not in held:
            text = (
                f"Version {version} is the current one."
                if version == current
                else f"Version {version} not found."
            )
            detail = {"ErrorCode": code, "ErrorMessage": text}
            errors.append({"TableName": request["TableName"], "VersionId": version, "ErrorDetail": detail})
    archive[key] = [t for t in archive.get(key) or [] if t["VersionId"] not in request["VersionIds"]]
    return {"Errors": errors}


def _all(request: Request) -> list[dict[str, Any]]:
    key = f"{request['DatabaseName']}/{request['TableName']}"
    table = glue._tables.get(key)
    if table is None:
        raise Refusal("EntityNotFoundException", f"Table {request['TableName']} not found.")
    return [*(archive.get(key) or []), table]


def _version(table: dict[str, Any]) -> dict[str, Any]:
    return {"Table": visibility.as_seen(table, caller=caller_arn()), "VersionId": table["VersionId"]}
