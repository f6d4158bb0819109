"""UNLOAD: a query's rows as files, without a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.athena import hive_write, translate
from local.athena.engine import Engine
from local.athena.errors import AthenaError
from local.athena.results import written_outcome
from local.athena.storage import ObjectStore

if TYPE_CHECKING:
    from local.athena.query import Query
    from local.athena.results import Outcome


def unload(query: Query, found: re.Match[str]) -> Outcome:
    """UNLOAD (query) TO 's3://...' WITH (format = ..., compression = ..., partitioned_by = ARRAY[...]).

    Raises:
        AthenaError: the directory is not empty, or an option is missing.
    """
    location = found["location"] if found["location"].endswith("/") else found["location"] + "/"
    file_format = re.search(r"format\s*=\s*'(\w+)'", found["options"], re.IGNORECASE)
    if file_format is None:
        raise AthenaError(
            "INVALID_TABLE_PROPERTY", "UNLOAD needs WITH (format = 'PARQUET' | 'TEXTFILE' | 'JSON' | 'ORC')"
        )
    compression = re.search(r"compression\s*=\s*'(\w+)'", found["options"], re.IGNORECASE)
    keys = re.search(r"partitioned_by\s*=\s*ARRAY\s*\[([^\]]*)\]", found["options"], re.IGNORECASE)
    delimiter = re.search(r"field_delimiter\s*=\s*'(.)'", found["options"], re.IGNORECASE)
    store = ObjectStore(query.access.session_to_create(database=query.database, location=location))
    if store.listing(location):
        raise AthenaError("HIVE_PATH_ALREADY_EXISTS", f"Target directory for UNLOAD is not empty: {location}")
    with Engine(query) as engine:
        rows = engine.run(translate.parse(found["query"]))
    rows = rows.rename_columns([name.lower() for name in rows.schema.names])
    hive_write.write(
        query,
        store,
        rows,
        location=location,
        partition_keys=[key.strip().strip("'").lower() for key in keys[1].split(",")] if keys else [],
        file_format=file_format[1],
        compression=compression[1] if compression else "",
        separator=delimiter[1] if delimiter else "\x01",
    )
    return written_outcome(rows.num_rows)
