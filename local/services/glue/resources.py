"""Which ARNs a Glue request must be allowed on: AWS checks the catalog, the database and the table, each."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region

_ON_DATABASE = {"CreateDatabase", "DeleteDatabase", "GetDatabase", "UpdateDatabase"}
_ON_CATALOG = {
    "GetDatabases",
    "SearchTables",
    "GetDataCatalogEncryptionSettings",
    "PutDataCatalogEncryptionSettings",
    "GetCatalogImportStatus",
}
_NAMED = ("Crawler", "Job", "Trigger", "Workflow", "Connection")
_EVERYTHING = {
    "BatchGetCrawlers",
    "CreateSecurityConfiguration",
    "DeleteSecurityConfiguration",
    "GetCrawlerMetrics",
    "GetCrawlers",
    "GetJobs",
    "GetSecurityConfiguration",
    "GetSecurityConfigurations",
    "GetTriggers",
    "ListCrawlers",
    "ListTriggers",
}


def arns(action: str, request: dict[str, Any]) -> list[str]:
    """The ARNs, the widest first; `*` where AWS knows no resource type for the action.

    Example:
        >>> arns("GetTable", {"DatabaseName": "sales", "Name": "orders"})[-1].rsplit(":", 1)[-1]
        'table/sales/orders'
    """
    if action in _EVERYTHING or request.get("ResourceArn"):
        return [str(request.get("ResourceArn") or "*")]
    if action in _ON_CATALOG:
        return [_arn("catalog")]
    if action in _ON_DATABASE:
        name = request.get("Name") or (request.get("DatabaseInput") or {}).get("Name") or "*"
        return [_arn("catalog"), _arn(f"database/{name}")]
    database = request.get("DatabaseName")
    if database and not _is_named(action):
        tables = [_arn(f"table/{database}/{table}") for table in _tables(action, request)]
        return [_arn("catalog"), _arn(f"database/{database}"), *tables]
    return _of_named(action, request)


def _tables(action: str, request: dict[str, Any]) -> list[str]:
    if action == "GetTables":  # each table is shown or hidden on its own, which Lake Formation decides here
        return []
    if action == "BatchDeleteTable":
        return list(request.get("TablesToDelete") or ["*"])
    named = request.get("TableName") or request.get("Name") or (request.get("TableInput") or {}).get("Name")
    return [str(named or "*")]


def _is_named(action: str) -> bool:
    return any(kind in action for kind in _NAMED)


def _of_named(action: str, request: dict[str, Any]) -> list[str]:
    for kind in _NAMED:
        name = request.get(f"{kind}Name") or request.get("Name")
        if kind in action and name:
            return [_arn(f"{kind.lower()}/{name}")]
    return [_arn("catalog")]


def _arn(resource: str) -> str:
    return f"arn:aws:glue:{get_region()}:{get_account_id()}:{resource}"
