"""Glue entries of Hive tables: which SerDe and formats a file format means."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from local.athena.column_types import hive_of_arrow
from local.athena.errors import AthenaError, not_supported

if TYPE_CHECKING:
    import pyarrow as pa

    from local.athena.catalog import Entry

_QL = "org.apache.hadoop.hive.ql.io"
_TEXT = ("org.apache.hadoop.mapred.TextInputFormat", f"{_QL}.HiveIgnoreKeyTextOutputFormat")
_FORMATS: dict[str, tuple[str, str, str]] = {
    "parquet": (
        f"{_QL}.parquet.MapredParquetInputFormat",
        f"{_QL}.parquet.MapredParquetOutputFormat",
        f"{_QL}.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (f"{_QL}.orc.OrcInputFormat", f"{_QL}.orc.OrcOutputFormat", f"{_QL}.orc.OrcSerde"),
    "textfile": (*_TEXT, "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
    "json": (*_TEXT, "org.openx.data.jsonserde.JsonSerDe"),
}


def descriptor(file_format: str, columns: list[Entry], location: str, *, separator: str = "") -> Entry:
    """A StorageDescriptor.

    Raises:
        AthenaError: the format is none that the engine writes.
    """
    known = _FORMATS.get(file_format.lower())
    if known is None:
        raise not_supported(
            f"Files of format {file_format.upper()} cannot be written by the embedded engine; "
            f"allowed are {', '.join(name.upper() for name in _FORMATS)}"
        )
    delimiter = (
        {"field.delim": separator, "serialization.format": separator}
        if separator
        else {"serialization.format": "1"}
    )
    return {
        "Columns": columns,
        "Location": location,
        "InputFormat": known[0],
        "OutputFormat": known[1],
        "SerdeInfo": {"SerializationLibrary": known[2], "Parameters": delimiter},
        "Compressed": False,
        "NumberOfBuckets": 0,
        "StoredAsSubDirectories": False,
    }


def table_input(
    name: str, schema: pa.Schema, keys: list[str], storage: Entry, parameters: dict[str, str]
) -> Entry:
    """A Glue TableInput for a query's columns; partition columns must stand last, as Athena asks.

    Raises:
        AthenaError: they do not.
    """
    names = [field.name.lower() for field in schema]
    if keys and names[-len(keys) :] != keys:
        raise AthenaError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
            f"{keys}",
        )
    columns = [{"Name": field.name.lower(), "Type": hive_of_arrow(field.type)} for field in schema]
    return {
        "Name": name,
        "Owner": "hadoop",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "has_encrypted_data": "false",
            "transient_lastDdlTime": str(int(time.time())),
        }
        | parameters,
        "PartitionKeys": [column for column in columns if column["Name"] in keys],
        "StorageDescriptor": storage
        | {"Columns": [column for column in columns if column["Name"] not in keys]},
    }
