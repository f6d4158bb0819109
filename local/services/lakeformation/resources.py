"""What a Lake Formation permission is about, in one comparable form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ministack.services import glue

from local.services.refusal import Refusal

KINDS = {
    "Catalog": "CATALOG",
    "Database": "DATABASE",
    "Table": "TABLE",
    "TableWithColumns": "TABLE",
    "DataLocation": "DATA_LOCATION",
    "DataCellsFilter": "DATA_CELLS_FILTER",
    "LFTag": "LF_TAG",
    "LFTagPolicy": "LF_TAG_POLICY",
    "LFTagExpression": "LF_NAMED_TAG_EXPRESSION",
}
EVERY_TABLE = "*"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource of a grant.

    Args:
        kind: The key that names it in the API: Catalog, Database, Table, TableWithColumns, DataLocation ...
        database: The database, where the kind has one.
        table: The table, or `*` for every table of the database.
        detail: What else tells it apart: the location's ARN, the columns, the tag expression.
    """

    kind: str
    database: str = ""
    table: str = ""
    detail: str = ""

    @property
    def filter_key(self) -> str:
        """The key of the data cells filter that it names."""
        return f"{self.database}/{self.table}/{self.detail}"

    @property
    def key(self) -> str:
        """Equal for equal resources, whichever way the request spelled them.

        Example:
            >>> Resource(kind="Table", database="a", table="b").key
            'Table|a|b|'
        """
        return f"{self.kind}|{self.database}|{self.table}|{self.detail}"


def parse(request: dict[str, Any]) -> Resource:
    """The resource that a request names.

    Raises:
        Refusal: when it names none, or more than one.

    Example:
        >>> parse({"Table": {"DatabaseName": "a", "TableWildcard": {}}})
        Resource(kind='Table', database='a', table='*', detail='')
    """
    named = {kind: body for kind, body in (request or {}).items() if body is not None}
    if len(named) != 1 or next(iter(named)) not in KINDS:
        raise Refusal(
            "InvalidInputException",
            f"Resource must name exactly one of {', '.join(KINDS)}; it names {', '.join(named) or 'none'}.",
        )
    kind, body = next(iter(named.items()))
    if kind == "Database":
        return Resource(kind=kind, database=body.get("Name", "").lower())
    if kind in {"Table", "TableWithColumns"}:
        table = body.get("Name") or EVERY_TABLE
        return Resource(
            kind=kind, database=body["DatabaseName"].lower(), table=table.lower(), detail=_columns(body)
        )
    if kind == "DataCellsFilter":
        return Resource(
            kind=kind,
            database=body["DatabaseName"].lower(),
            table=body["TableName"].lower(),
            detail=body["Name"],
        )
    return Resource(kind=kind, detail=_detail(kind, body))


def column_names(database: str, table: str) -> set[str]:
    """The columns of a table, partition columns included, in lower case."""
    found = glue._tables.get(f"{database}/{table}") or {}
    columns = (found.get("StorageDescriptor") or {}).get("Columns") or []
    return {column["Name"].lower() for column in [*columns, *(found.get("PartitionKeys") or [])]}


def require_exists(request: dict[str, Any]) -> None:
    """Refuses a database, table or columns that the catalog does not have.

    Raises:
        Refusal: naming what is missing.
    """
    resource = parse(request)
    if resource.kind not in {"Database", "Table", "TableWithColumns", "DataCellsFilter"}:
        return
    if resource.database not in glue._databases:
        raise Refusal("EntityNotFoundException", f"Database not found: {resource.database}.")
    if resource.kind == "Database" or resource.table == EVERY_TABLE:
        return
    if f"{resource.database}/{resource.table}" not in glue._tables:
        raise Refusal("EntityNotFoundException", f"Table not found: {resource.database}.{resource.table}.")
    if resource.kind == "TableWithColumns":
        named = request[resource.kind]
        require_columns(
            resource.database,
            resource.table,
            [*(named.get("ColumnNames") or []), *_excluded(named)],
        )


def require_columns(database: str, table: str, names: list[str]) -> None:
    """Refuses columns that a table does not have.

    Raises:
        Refusal: naming them, and the columns that there are.
    """
    known = column_names(database, table)
    missing = sorted({name.lower() for name in names} - known)
    if missing:
        raise Refusal(
            "EntityNotFoundException",
            f"Column not found: {database}.{table} has no {', '.join(missing)}; it has {', '.join(sorted(known))}.",
        )


def _excluded(body: dict[str, Any]) -> list[str]:
    return list((body.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or [])


def _columns(body: dict[str, Any]) -> str:
    """The columns that are in, or after a `!` those that are out."""
    if body.get("ColumnNames"):
        return ",".join(sorted(name.lower() for name in body["ColumnNames"]))
    excluded = _excluded(body)
    return "!" + ",".join(sorted(name.lower() for name in excluded)) if excluded else ""


def _detail(kind: str, body: dict[str, Any]) -> str:
    if kind == "DataLocation":
        return location_key(body.get("ResourceArn") or body.get("S3Resource") or "")
    if kind == "LFTag":
        return f"{body.get('TagKey')}={','.join(sorted(body.get('TagValues') or []))}"
    if kind == "LFTagPolicy":
        if body.get("ExpressionName"):
            return f"{body.get('ResourceType')}:{body['ExpressionName']}"
        terms = sorted(
            f"{term['TagKey']}={','.join(sorted(term['TagValues']))}".lower() for term in body["Expression"]
        )
        return f"{body.get('ResourceType')}:{';'.join(terms)}"
    return str(body.get("Name", "")) if kind == "LFTagExpression" else ""


def location_key(location: str) -> str:
    """A bucket or prefix without scheme and trailing slash, so that ARN and s3:// spellings compare.

    Example:
        >>> location_key("arn:aws:s3:::lake/a/"), location_key("s3://lake/a")
        ('lake/a', 'lake/a')
    """
    for scheme in ("arn:aws:s3:::", "s3://", "s3a://"):
        location = location.removeprefix(scheme)
    return location.removesuffix("*").rstrip("/")


def is_inside(location: str, parent: str) -> bool:
    """Whether a location is the parent or below it.

    Example:
        >>> is_inside("s3://lake/a/b", "arn:aws:s3:::lake/a"), is_inside("s3://lake/ab", "s3://lake/a")
        (True, False)
    """
    inner, outer = location_key(location), location_key(parent)
    return inner == outer or inner.startswith(outer + "/")
