"""Views in Athena's own format: a Glue table whose text carries the query as base64 JSON."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.athena.column_types import hive_of_arrow, trino_of_hive
from local.athena.errors import AthenaError

if TYPE_CHECKING:
    import pyarrow as pa

    from local.athena.catalog import Entry
    from local.athena.names import TableName

_TEXT = re.compile(r"/\*\s*Presto View:\s*([A-Za-z0-9+/=]+)\s*\*/")


@dataclass(frozen=True, kw_only=True)
class View:
    """A stored query and the database that its unqualified names mean."""

    sql: str
    database: str


def definition(entry: Entry) -> View:
    """The query of a view.

    Raises:
        AthenaError: INVALID_VIEW when it was not written by Athena.
    """
    found = _TEXT.search(entry.get("ViewOriginalText") or "")
    if found is None:
        raise AthenaError(
            "INVALID_VIEW", f"View '{entry['DatabaseName']}.{entry['Name']}' is not a Presto view"
        )
    document = json.loads(base64.b64decode(found[1]))
    return View(sql=document["originalSql"], database=document.get("schema", ""))


def table_input(name: TableName, sql: str, schema: pa.Schema, *, database: str) -> Entry:
    """The Glue table that stores a view, as Athena writes it; `database` is what unqualified names in it mean.

    Example:
        >>> import pyarrow as pa
        >>> from local.athena.names import TableName
        >>> schema = pa.schema([("a", pa.int32())])
        >>> entry = table_input(TableName(database="d", name="v"), "SELECT 1 a", schema, database="d")
        >>> definition(entry | {"DatabaseName": "d"}).sql
        'SELECT 1 a'
    """
    columns = [{"Name": field.name.lower(), "Type": hive_of_arrow(field.type)} for field in schema]
    document = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": database,
        "columns": [{"name": column["Name"], "type": trino_of_hive(column["Type"])} for column in columns],
    }
    text = base64.b64encode(json.dumps(document).encode()).decode()
    return {
        "Name": name.name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {text} */",
        "ViewExpandedText": "/* Presto View */",
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": "",
            "NumberOfBuckets": 0,
            "SerdeInfo": {},
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
    }


def stale(name: TableName, why: str) -> AthenaError:
    """The error for a view that cannot be expanded any more."""
    return AthenaError("VIEW_IS_STALE", f"{name.where}View '{name.full}' is stale or in invalid state: {why}")
