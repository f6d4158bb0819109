"""Metadata over Athena's own API, answered by Glue with the caller's rights."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import athena

from local import identity
from local.athena.catalog import Catalog, Entry
from local.athena.errors import InvalidRequest

Record = dict[str, Any]
_PAGE = 50


def table_metadata(request: Record) -> Record:
    """GetTableMetadata.

    Raises:
        InvalidRequest: there is no such table.
    """
    found = _catalog().table(request["DatabaseName"].lower(), request["TableName"].lower())
    if found is None:
        raise InvalidRequest(f"Table {request['DatabaseName']}.{request['TableName']} was not found")
    return {"TableMetadata": _metadata(found)}


def list_table_metadata(request: Record) -> Record:
    """ListTableMetadata."""
    import fnmatch

    found = _catalog().tables(request["DatabaseName"].lower())
    pattern = request.get("Expression")
    if pattern:
        found = [entry for entry in found if fnmatch.fnmatch(entry["Name"], pattern)]
    return _page(request, [_metadata(entry) for entry in found], "TableMetadataList")


def database(request: Record) -> Record:
    """GetDatabase.

    Raises:
        InvalidRequest: there is no such database.
    """
    found = _catalog().database(request["DatabaseName"].lower())
    if found is None:
        raise InvalidRequest(f"Database {request['DatabaseName']} was not found")
    return {"Database": _database(found)}


def list_databases(request: Record) -> Record:
    """ListDatabases."""
    return _page(request, [_database(entry) for entry in _catalog().databases()], "DatabaseList")


def update_named_query(request: Record) -> Record:
    """UpdateNamedQuery.

    Raises:
        InvalidRequest: there is no such query.
    """
    found = athena._named_queries.get(request["NamedQueryId"])
    if found is None:
        raise InvalidRequest(f"NamedQuery {request['NamedQueryId']} was not found")
    found |= {name: request[name] for name in ("Name", "Description", "QueryString") if name in request}
    return {}


def update_prepared_statement(request: Record) -> Record:
    """UpdatePreparedStatement.

    Raises:
        InvalidRequest: there is no such statement.
    """
    found = athena._prepared_statements.get(f"{request['WorkGroup']}/{request['StatementName']}")
    if found is None:
        raise InvalidRequest(f"PreparedStatement {request['StatementName']} was not found")
    found |= {name: request[name] for name in ("QueryStatement", "Description") if name in request}
    found["LastModifiedTime"] = time.time()
    return {}


def _catalog() -> Catalog:
    return Catalog(identity.session_for_access_key(identity.caller_access_key()))


def _page(request: Record, items: list[Record], key: str) -> Record:
    start, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or _PAGE)
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return {key: items[start : start + size], **more}


def _database(entry: Entry) -> Record:
    description = {"Description": entry["Description"]} if entry.get("Description") else {}
    return {"Name": entry["Name"], "Parameters": entry.get("Parameters") or {}, **description}


def _metadata(entry: Entry) -> Record:
    columns = (entry.get("StorageDescriptor") or {}).get("Columns") or []
    created = entry.get("CreateTime")
    return {
        "Name": entry["Name"],
        "CreateTime": created.timestamp() if created is not None else time.time(),
        "TableType": entry.get("TableType", "EXTERNAL_TABLE"),
        "Columns": [_column(column) for column in columns],
        "PartitionKeys": [_column(column) for column in entry.get("PartitionKeys") or []],
        "Parameters": entry.get("Parameters") or {},
    }


def _column(column: Entry) -> Record:
    comment = {"Comment": column["Comment"]} if column.get("Comment") else {}
    return {"Name": column["Name"], "Type": column.get("Type", "string"), **comment}
